using TencentCiam.TokenClient.Tests.Caching.PropertyTest;
using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Invariant;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>Checks the requests and the ends of acquisitions, and tells the models of the instances.</summary>
internal sealed class AcquisitionChecks(SharedCache cache, RequestBound bound, Action<string> met)
{
    private static readonly TimeSpan ClaimPause = TimeSpan.FromMilliseconds(25);

    private TimeSpan _disturbedUntil = TimeSpan.MinValue;

    /// <summary>
    /// Until then, the cache is not as fast and reliable as the bound of requests requires: a claim that nobody withdraws stays
    /// in it, or calls of it are slow or fail.
    /// </summary>
    public void Disturb(TimeSpan until)
    {
        _disturbedUntil = until > _disturbedUntil ? until : _disturbedUntil;
        bound.Disturb();
    }

    /// <summary>An instance has sent a request.</summary>
    public void CheckRequest(Instance instance, SentRequest sent, TimeSpan now)
    {
        var acquisition = instance.Running;
        Require(acquisition is not null, "a request belongs to an acquisition");
        var isAwaited = acquisition!.Acquisition.IsAwaited;
        var attempts = acquisition.Requests.Count + 1 - (acquisition.Secrets.Count - 1);
        Require(
            attempts <= (isAwaited ? acquisition.MaxAttempts : 1),
            "an acquisition has one attempt, or three if a caller waits and no failure is remembered");
        Require(
            acquisition.Secrets.Contains(sent.Request.Options.ClientSecret),
            "a request is sent with a secret that was current in its acquisition");

        var usesCache = acquisition.CacheFailedAt is null && !instance.Outage.IsLeftAlone(now);
        var entry = cache.Find(Instance.Protection(sent.Request.Options).TokenKey, now);
        Require(
            !usesCache
            || _disturbedUntil >= acquisition.StartedAt
            || now - entry?.StoredAt <= ClaimPause
            || !instance.Model.Adopts(entry, isAwaited, instance.Clock.Now),
            "no request is sent while there is a token in the cache that can be adopted");
        acquisition.Requests.Add(sent);
        bound.Start(
            sent,
            acquisition.StartedAt,
            isExcused: !usesCache
                || _disturbedUntil >= acquisition.StartedAt
                || (!isAwaited && instance.Model.PhaseAt(instance.Clock.Now) >= Phase.Margin));
    }

    public void EndRequest(SentRequest sent, TimeSpan now) => bound.End(sent, isDisturbed: _disturbedUntil >= now, now);

    /// <summary>No acquisition runs.</summary>
    public void CheckClaims(TimeSpan now)
        => Require(_disturbedUntil >= now || !cache.HasClaim(now), "each acquisition withdraws its claim");

    /// <summary>An acquisition has completed.</summary>
    public void CheckEnd(Instance instance, AcquisitionRecord acquisition, TimeSpan now)
    {
        var completion = acquisition.Acquisition.Completion;
        Require(completion.IsCompletedSuccessfully, "an acquisition ends with a token or an error");
        if (completion.Result.TryGetToken(out var token, out var error))
        {
            CheckToken(instance, acquisition, token);
        }
        else
        {
            CheckFailure(instance, acquisition, error, now);
        }
    }

    private void CheckToken(Instance instance, AcquisitionRecord acquisition, CiamAccessToken token)
    {
        var now = instance.Clock.Now;
        if (acquisition.Adoptable is { } adoptable)
        {
            Require(token.Value == adoptable.Token.Value, "a token in the cache that can be adopted is adopted");
            var shared = adoptable.Request.Options;
            Require(
                shared.ClientId == instance.CurrentOptions.ClientId && acquisition.Secrets.Contains(shared.ClientSecret),
                "no token of another application or secret is adopted");
            met(acquisition.Requests.Count > 0 ? "adopted after a failed request" : "adopted");

            // An entry that seems to come from the future counts as new.
            var age = now.Wall - adoptable.SentAt.Wall;
            age = age > TimeSpan.Zero ? age : TimeSpan.Zero;
            instance.Model.Hold(
                token, new Request(shared, adoptable.Request.Scope, new Instant(now.Monotonic - age, now.Wall - age)), now);
            return;
        }

        var sent = acquisition.Requests.Count > 0 ? acquisition.Requests[^1] : null;
        Require(
            sent?.Result is CiamTokenResult.Success && instance.Granted?.Token == token,
            "an acquisition ends with the token that the portal gave it, or with one that it may adopt");
        met("acquired");
        instance.Model.Hold(token, instance.Granted!.Request, now);
    }

    private void CheckFailure(Instance instance, AcquisitionRecord acquisition, CiamTokenError error, TimeSpan now)
    {
        Require(
            acquisition.Requests.Count > 0 && acquisition.Requests.TrueForAll(sent => sent.Result is not CiamTokenResult.Success),
            "an acquisition fails only if the portal gave it no token");
        Require(acquisition.Adoptable is null, "an acquisition does not fail with a token at hand that can be adopted");

        var isAwaited = acquisition.Acquisition.IsAwaited;
        var last = acquisition.Requests[^1].Request.Options;
        var entry = cache.Find(Instance.Protection(last).TokenKey, now);
        Require(
            acquisition.CacheFailedAt == now
            || instance.Outage.IsLeftAlone(now)
            || !instance.Model.Adopts(entry, isAwaited, instance.Clock.Now),
            "an acquisition does not fail while there is a token in the cache that can be adopted");
        Require(
            !(error.IsTransient && isAwaited)
            || acquisition.Requests.Count >= acquisition.MaxAttempts
            || now - acquisition.StartedAt + TimeSpan.FromSeconds(0.5) >= last.AcquisitionTimeout,
            "a transient failure is retried up to three attempts while a caller waits");
        met("failed");
        instance.Model.Fail(error, isAwaited, instance.Clock.Now);
    }
}
