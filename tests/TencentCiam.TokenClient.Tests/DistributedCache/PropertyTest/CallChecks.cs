using TencentCiam.TokenClient.Tests.Caching.PropertyTest;
using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Invariant;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>Checks what callers get, and how long they wait for it.</summary>
internal sealed class CallChecks(Portal portal, Func<Request, Instance> sender, Action<string> met)
{
    // What a call may wait for other than responses: another instance's request, the pauses before reading a claim again.
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ClaimPause = TimeSpan.FromMilliseconds(25);

    // Reads and writes of the cache in one attempt; those at the end of the previous acquisition may still run.
    private const int CacheCallsPerAttempt = 7;
    private const int CacheCallsBefore = 2;

    /// <summary>Checks a call that ended at once.</summary>
    public void CheckAtOnce(Instance instance, Call call, Expectation expected)
    {
        if (call.Outcome.IsCompletedSuccessfully)
        {
            Require(
                expected.MayServe && call.Outcome.Result == instance.Model.Held?.Token,
                "a token returned at once is the current one, and not in its margin unless there is no other");
            CheckToken(instance, call.Outcome.Result);
        }
        else
        {
            Require(
                expected.MayFail && call.Error is { } error && instance.Model.IsRemembered(error),
                "an error thrown at once is a remembered one, and there is no unexpired token");
        }

        Require(expected.Waits != true, "a caller that needs a new token waits for it");
    }

    /// <summary>Checks a call that waited and has ended.</summary>
    public void CheckWaited(Instance instance, Call call, TimeSpan now)
    {
        var acquisition = call.Acquisition!;
        if (instance.IsStopped)
        {
            Require(
                call.Outcome.IsCompletedSuccessfully || call.Outcome.Exception?.InnerException is ObjectDisposedException,
                "a call of an instance that stops ends with a token or that it was disposed");
            return;
        }

        var unexpired = instance.Model.UnexpiredAt(instance.Clock.Now);
        if (acquisition.IsRunning)
        {
            Require(call.IsPastLimit, "a call ends only with the acquisition or for lack of time");
            Require(
                call.Outcome.IsCompletedSuccessfully && call.Outcome.Result == unexpired,
                "a call that lacks time gets the current token");
            met("last resort while the acquisition runs");
        }
        else if (call.Outcome.IsCompletedSuccessfully)
        {
            var result = acquisition.Acquisition.Completion.Result;
            Require(
                result.TryGetToken(out var acquired, out _)
                    ? call.Outcome.Result == acquired
                    : call.Outcome.Result == unexpired,
                "callers get the token of the acquisition, else the current one");
        }
        else
        {
            Require(unexpired is null, "no call fails while there is an unexpired token");
            Require(
                acquisition.Acquisition.Completion.Result is CiamTokenResult.Failure failure && call.Error == failure.Error,
                "a call fails only with the failure of the acquisition");
            met("failed a caller");
        }

        if (call.Outcome.IsCompletedSuccessfully)
        {
            CheckToken(instance, call.Outcome.Result);
        }

        CheckDuration(instance, call, now);
    }

    /// <summary>
    /// The portal gave the token to the application. It has not expired: by the instance's clock, which says so too early by
    /// as much as it is ahead of the clock of the instance that requested the token, and too late by as much as it is behind.
    /// </summary>
    private void CheckToken(Instance instance, CiamAccessToken token)
    {
        var grant = portal.Grants.SingleOrDefault(grant => grant.Token.Value == token.Value);
        Require(grant is not null, "every token comes from the portal");
        Require(grant!.Request.Options.ClientId == instance.Plan.ClientId, "every token is for the application");
        var now = instance.Clock.Now;
        var ahead = instance.Clock.Skew - sender(grant.Request).Clock.Skew;
        Require(now.Monotonic < grant.SentAt.Monotonic + token.Lifetime - ahead, "no expired token is returned");
        if (now.Monotonic >= grant.SentAt.Monotonic + token.Lifetime)
        {
            met("expired, but not by the clock of the instance");
        }
    }

    private static void CheckDuration(Instance instance, Call call, TimeSpan now)
    {
        var sent = call.Acquisition!.Requests;
        var attempts = sent.Count + 1;
        var portal = Sum(sent.Select(request => request.Within(call.StartedAt, now)));
        var cache = Sum(instance.Cache.Calls.Select(made => made.Within(call.StartedAt, now)));
        var pauses = Sum(sent.Select((_, i) => TimeSpan.FromMilliseconds(i == 0 ? 250 : 500)));
        Require(
            now - call.StartedAt <= portal + cache + pauses + MaxWait + (attempts * ClaimPause),
            "a call waits for another instance for a second, and 25 ms for each claim");
        Require(
            cache <= MaxWait + (SharedCache.Timeout * ((CacheCallsPerAttempt * attempts) + CacheCallsBefore)),
            "each read and write of the cache delays a call by at most its Timeout");
    }

    private static TimeSpan Sum(IEnumerable<TimeSpan> times) => times.Aggregate(TimeSpan.Zero, (sum, time) => sum + time);
}
