using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Invariant;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>Checks what callers experience against the models of their slots.</summary>
internal sealed class CallerChecks(
    TimerTrackingClock clock, Portal portal, IReadOnlyList<CiamClientCredentialsOptions> history, double draw, Action<string> met)
{
    private readonly List<Caller> _waiting = [];

    public void AddWaiting(IEnumerable<Caller> callers) => _waiting.AddRange(callers);

    public Caller? CallerToCancel(int which) => _waiting.Count == 0 ? null : _waiting[which % _waiting.Count];

    /// <summary>Checks a call that has just been made, and keeps the caller if it waits.</summary>
    public void CheckCall(Caller caller, Expectation expected)
    {
        if (caller.Outcome.IsCompleted)
        {
            CheckAtOnce(caller, expected);
            return;
        }

        Require(!caller.IsCancelled, "a caller that is already cancelled does not wait");
        Require(expected.Waits != false, "nobody waits while a token can be returned or a failure is remembered");
        caller.Slot.Join();
        caller.WaitEnds = caller.Slot.WaitEnds(clock.Now);
        _waiting.Add(caller);
    }

    public async Task CheckWaitingAsync()
    {
        foreach (var caller in _waiting.ToList())
        {
            await CheckWaitingAsync(caller);
        }
    }

    private async Task CheckWaitingAsync(Caller caller)
    {
        if (!caller.IsCancelled && caller.Slot.Running is not null)
        {
            if (caller.WaitEnds <= clock.Now.Monotonic)
            {
                caller.WaitEnds = null;
                if (caller.Slot.UnexpiredAt(clock.Now) is { } unexpired)
                {
                    met("last resort while the portal hangs");
                    await RequireEndAsync("a hanging portal does not outlast an unexpired token", caller.Outcome);
                    _waiting.Remove(caller);
                    Require(
                        caller.Outcome.IsCompletedSuccessfully && caller.Outcome.Result == unexpired,
                        "the old token is returned until it expires");
                    return;
                }
            }

            Require(
                !caller.Outcome.IsCompleted,
                "a waiting caller's call ends only with the acquisition, by cancellation or for lack of time");
            return;
        }

        Require(caller.IsCancelled || caller.Slot.Completed is not null, "nobody waits while no acquisition runs");
        await RequireEndAsync("every waiting caller gets the outcome", caller.Outcome);
        _waiting.Remove(caller);

        var completed = caller.Slot.Completed;
        if (caller.Outcome.IsCanceled)
        {
            CheckCancelled(caller);
        }
        else if (caller.Outcome.IsCompletedSuccessfully)
        {
            Require(
                completed?.Token == caller.Outcome.Result,
                "waiting callers get the token of their acquisition, else the old one until it expires");
            CheckToken(caller, isAwaited: completed!.IsNew);
        }
        else if (caller.Error is { } error)
        {
            Require(
                completed is { Token: null, Failure: { } failure } && failure.Is(error),
                "waiting callers get the original error when there is no unexpired token");
        }
        else
        {
            Require(
                completed is { Token: null, Failure: null } && caller.GotDisposed,
                "a call ends with a token, an error, cancellation or disposal");
        }
    }

    private void CheckAtOnce(Caller caller, Expectation expected)
    {
        if (caller.Outcome.IsCanceled)
        {
            CheckCancelled(caller);
        }
        else if (caller.Outcome.IsCompletedSuccessfully)
        {
            Require(
                expected.MayServe && caller.Outcome.Result == caller.Slot.Held?.Token,
                "a token returned at once is the current one, and not in its margin unless there is no other");
            CheckToken(caller, isAwaited: false);
        }
        else if (caller.Error is { } error)
        {
            Require(
                expected.MayFail && caller.Slot.IsRemembered(error),
                "an error thrown at once is the original one, while it is remembered and there is no unexpired token");
        }
        else
        {
            Require(
                caller.Slot.IsDisposed && expected.MayFail && caller.GotDisposed,
                "a call ends at once with a token, an error, cancellation, or disposal when there is no unexpired token");
        }

        Require(
            expected.Waits != true || caller.Outcome.IsCanceled,
            "a caller that needs a new token waits for it");
    }

    private static void CheckCancelled(Caller caller)
        => Require(caller.IsCancelled, "a call is cancelled only by its own caller");

    private void CheckToken(Caller caller, bool isAwaited)
    {
        var grant = portal.Grants.SingleOrDefault(grant => grant.Token == caller.Outcome.Result);
        Require(grant is not null, "every token comes from the portal");
        Require(
            isAwaited || grant!.PhaseAt(clock.Now, draw) < Phase.Expired,
            "a caller that did not wait for it never gets an expired token");
        var inEffect = history.Skip(caller.OptionsVersion).ToList();
        Require(
            inEffect.Any(options => options.ClientId == grant!.Request.Options.ClientId),
            "a token is for the application in effect when the call was made, or a later one");
        Require((caller.Scope ?? inEffect[0].Scope) == grant!.Request.Scope, "a token is for the requested scope");
    }
}
