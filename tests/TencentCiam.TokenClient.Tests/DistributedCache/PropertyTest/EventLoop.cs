using TencentCiam.TokenClient.Tests.Caching.PropertyTest;
using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Invariant;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>
/// Token requests and calls of the cache stay open until the loop ends them, one after the other and each when everything else
/// is idle, so that a plan always runs in the same way.
/// </summary>
internal sealed class EventLoop
{
    private readonly Plan _plan;
    private readonly Action<string> _met;
    private readonly Random _random;
    private readonly TimerTrackingClock _clock;
    private readonly Portal _portal;
    private readonly CacheEvents _cacheEvents;
    private readonly CallChecks _calls;
    private readonly HashSet<string> _revoked = [];

    // Those that were stopped too: their tokens remain in the cache, and what they have begun has to end.
    private readonly List<Instance> _instances = [];
    private readonly List<Instance> _active = [];

    // Completed and replaced whenever something begins or ends to wait.
    private TaskCompletionSource _change = NewChange();

    public EventLoop(Plan plan, Action<string> met)
    {
        (_plan, _met) = (plan, met);
        _random = new Random(plan.Seed);
        _clock = new TimerTrackingClock(SignalChange);
        _portal = new Portal(_clock, SignalChange);
        _calls = new CallChecks(_portal, SenderOf, met);
        var clocksAgree = plan.Instances.All(instance => instance.SkewSeconds == plan.Instances[0].SkewSeconds);
        Acquisitions = new AcquisitionChecks(Cache, new RequestBound(plan.Instances.Length, clocksAgree, met), met);
        Portal = new PortalEvents(_portal, Acquisitions, SenderOf, plan.LifetimeSeconds);
        _cacheEvents = new CacheEvents(Cache, Acquisitions, met);
    }

    public SharedCache Cache { get; } = new();

    public PortalEvents Portal { get; }

    public AcquisitionChecks Acquisitions { get; }

    public TimeSpan Now => _clock.Now.Monotonic;

    public Instance Start(int number)
    {
        var instance = new Instance(number, _plan.Instances[number], _clock, _portal, Cache, SignalChange, _met);
        _instances.Add(instance);
        _active.Add(instance);
        return instance;
    }

    /// <summary>Resources reject all tokens that the portal has given.</summary>
    public void Revoke() => _revoked.UnionWith(_portal.Grants.Select(grant => grant.Token.Value));

    /// <summary>A resource rejects a token.</summary>
    public static void Reject(Instance instance, CiamAccessToken token)
    {
        instance.Model.Reject(token, instance.Clock.Now);
        instance.Provider.Invalidate(token);
    }

    /// <summary>Checks a call that has just been made, and keeps it if it waits.</summary>
    public void Add(Instance instance, Call call, Expectation expected)
    {
        if (call.Outcome.IsCompleted)
        {
            _calls.CheckAtOnce(instance, call, expected);
            UseToken(instance, call);
            return;
        }

        Require(expected.Waits != false, "nobody waits while a token can be returned or a failure is remembered");
        call.Acquisition = instance.Running;
        instance.Calls.Add(call);
    }

    /// <summary>Advances from event to event: what a timer causes happens at its time and not at the end of the step.</summary>
    public async Task AdvanceAsync(TimeSpan time)
    {
        var end = Now + time;
        while (Now < end)
        {
            var next = _active.SelectMany(instance => instance.Cache.Open).Select(call => call.DueAt)
                .Concat(_portal.Open.Select(Portal.DueAt))
                .Append(_clock.NextTimer)
                .Where(due => due > Now && due < end)
                .Min() ?? end;
            _clock.Advance(next - Now);
            await SettleAsync();
        }
    }

    /// <summary>Ends what is due, until everything waits for something that is not.</summary>
    public async Task SettleAsync()
    {
        do
        {
            await IdleAsync();
            Portal.Observe(Now);
            _active.ForEach(Observe);
            _active.RemoveAll(instance => !instance.IsActive);
        }
        while (EndOne());

        if (_active.TrueForAll(instance => instance.Acquisitions.Count == 0))
        {
            Acquisitions.CheckClaims(Now);
        }
    }

    /// <summary>Leaves nothing behind that waits.</summary>
    public void End()
    {
        foreach (var instance in _instances)
        {
            instance.Stop();
            instance.Cache.Close();
        }
    }

    private Instance SenderOf(Request request) => _instances.Single(instance => instance.Sent(request));

    private async Task IdleAsync()
    {
        while (true)
        {
            // Before the check, so that no end is missed.
            Task[] changes = [Volatile.Read(ref _change).Task, .. _active.SelectMany(instance => instance.Ends)];
            var open = _portal.Open;
            if (!_active.TrueForAll(instance => instance.IsIdle(open.Count(instance.Sent), Now)))
            {
                await RequireEndAsync(
                    "an acquisition sends a request, calls the cache, pauses or ends, and a call ends with it", changes);
            }
            else if (_active.TrueForAll(instance => instance.HasSettledCalls))
            {
                break;
            }
            else
            {
                // Nothing signals that the thread of a synchronous call waits.
                await Task.Yield();
            }
        }
    }

    private void Observe(Instance instance)
    {
        _cacheEvents.Observe(instance, Now);
        foreach (var acquisition in instance.Acquisitions.Where(acquisition => !acquisition.IsRunning && !acquisition.IsChecked))
        {
            acquisition.IsChecked = true;
            if (!instance.IsStopped)
            {
                Acquisitions.CheckEnd(instance, acquisition, Now);
            }
        }

        Require(
            instance.IsStopped || instance.Running?.Adoptable is null,
            "an acquisition ends with a token in the cache that can be adopted");
        instance.Acquisitions.RemoveAll(acquisition => acquisition.HasEnded);
        foreach (var call in instance.Calls.Where(call => call.Outcome.IsCompleted).ToList())
        {
            instance.Calls.Remove(call);
            _calls.CheckWaited(instance, call, Now);
            UseToken(instance, call);
        }
    }

    /// <summary>Ends a request or a call of the cache that is due. Which one is the first is random.</summary>
    private bool EndOne()
    {
        var calls = _active.SelectMany(instance => instance.Cache.Open
            .Where(call => call.DueAt <= Now)
            .Select(call => (Action)(() => _cacheEvents.End(instance, call, Now))));
        var requests = _portal.Open
            .Where(request => Portal.DueAt(request) <= Now)
            .OrderBy(request => _instances.IndexOf(SenderOf(request)))
            .Select(request => (Action)(() => Portal.Respond(request)));
        var due = calls.Concat(requests).ToList();
        if (due.Count == 0)
        {
            return false;
        }

        due[_random.Next(due.Count)]();
        return true;
    }

    private void UseToken(Instance instance, Call call)
    {
        if (call.Outcome.IsCompletedSuccessfully)
        {
            instance.LastReturned = call.Outcome.Result;
            if (_revoked.Contains(call.Outcome.Result.Value))
            {
                Reject(instance, call.Outcome.Result);
            }
        }
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void SignalChange() => Interlocked.Exchange(ref _change, NewChange()).TrySetResult();
}
