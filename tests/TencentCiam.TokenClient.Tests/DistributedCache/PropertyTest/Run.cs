using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Invariant;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>Runs the steps of one plan. After each step everything settles.</summary>
internal sealed class Run
{
    // Longer than any failure is remembered, and than the cache is left alone.
    private static readonly TimeSpan Recovery = TimeSpan.FromMinutes(2);

    private readonly EventLoop _loop;
    private readonly Instance[] _instances;

    private Run(Plan plan, Action<string> met)
    {
        _loop = new EventLoop(plan, met);
        _instances = [.. plan.Instances.Select((_, i) => _loop.Start(i))];
    }

    public static async Task ExecuteAsync(Plan plan, Action<string> met)
    {
        var run = new Run(plan, met);
        try
        {
            foreach (var step in plan.Steps)
            {
                await run.ExecuteAsync(step);
                await run._loop.SettleAsync();
            }

            await run.RecoverAsync();
        }
        finally
        {
            run._loop.End();
        }
    }

    private Task ExecuteAsync(Step step) => step switch
    {
        Step.Acquire acquire => AcquireAsync(acquire.Instances, acquire.Synchronously),
        Step.Advance advance => _loop.AdvanceAsync(TimeSpan.FromMilliseconds(advance.Milliseconds)),
        Step.AdvanceTo to => _loop.AdvanceAsync(At(to.Instance).Model.TimeTo(to.Phase, At(to.Instance).Clock.Now)),
        Step.ChangePortal change => Do(() => _loop.Portal.Mode = change.Mode),
        Step.ChangeCache change => Do(() => _loop.Cache.Mode = change.Mode),
        Step.LoseEntries => Do(LoseEntries),
        Step.ChangeEntries change => Do(() => ChangeEntries(change.Byte)),
        Step.Reject reject => Do(() => Reject(At(reject.Instance))),
        Step.Revoke => Do(_loop.Revoke),
        Step.Restart restart => Do(() => Restart(At(restart.Instance))),
        Step.LeaveClaim leave => Do(() => LeaveClaim(At(leave.Instance))),
        Step.RotateSecret rotate => Do(At(rotate.Instance).RotateSecret),
        _ => throw new NotSupportedException(),
    };

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private Instance At(int instance) => _instances[instance % _instances.Length];

    private async Task<List<Call>> AcquireAsync(int instances, bool synchronously)
    {
        var calls = new List<Call>();
        foreach (var instance in _instances.Where(instance => (instances >> instance.Number) % 2 == 1))
        {
            var (expected, starts) = instance.Model.Expect(instance.Clock.Now, isRunning: instance.Running is not null);
            var call = new Call
            {
                StartedAt = _loop.Now,
                ShouldHaveLimit = instance.Model.RemainingAt(instance.Clock.Now) > TimeSpan.FromSeconds(2),
            };
            await call.StartAsync(instance.Provider, synchronously);
            var hasStarted = instance.NoteStart(_loop.Now);
            Require(starts != true || hasStarted, "an acquisition starts for a caller that needs one");
            Require(starts != false || !hasStarted, "an acquisition starts only if one is needed, and not too early after a failure");
            _loop.Add(instance, call, expected);
            calls.Add(call);
        }

        return calls;
    }

    private void LoseEntries()
    {
        _loop.Cache.Lose();
        _loop.Acquisitions.Disturb(_loop.Now);
    }

    private void ChangeEntries(int index)
    {
        // Changed claims look like those of other instances, and stay until they expire.
        _loop.Cache.Change(index);
        _loop.Acquisitions.Disturb(_loop.Now + At(0).CurrentOptions.RequestTimeout);
    }

    private static void Reject(Instance instance)
    {
        if (instance.LastReturned is { } token)
        {
            EventLoop.Reject(instance, token);
        }
    }

    private void Restart(Instance instance)
    {
        if (instance.Running is not null)
        {
            // It withdraws its claim at once, which may be before others have read it: all of them then request a token.
            _loop.Acquisitions.Disturb(_loop.Now);
        }

        instance.Stop();
        _instances[instance.Number] = _loop.Start(instance.Number);
    }

    private void LeaveClaim(Instance instance)
    {
        var until = _loop.Now + instance.CurrentOptions.RequestTimeout;
        _loop.Cache.Set(
            Instance.Protection(instance.CurrentOptions).ClaimKey, new SharedCache.Entry([1, 2, 3], _loop.Now, until, Grant: null));
        _loop.Acquisitions.Disturb(until);
    }

    /// <summary>Nothing that has failed stays broken.</summary>
    private async Task RecoverAsync()
    {
        _loop.Portal.Mode = PortalMode.Up;
        _loop.Cache.Mode = CacheMode.Up;
        await _loop.AdvanceAsync(Recovery);
        var calls = await AcquireAsync(instances: -1, synchronously: false);
        await _loop.SettleAsync();
        await _loop.AdvanceAsync(Recovery);
        Require(calls.TrueForAll(call => call.Outcome.IsCompletedSuccessfully), "calls succeed again after all failures");
    }
}
