using TencentCiam.TokenClient.DistributedCache;
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
    private readonly Portal _portal;
    private readonly CallChecks _calls;
    private readonly List<Instance> _instances = [];
    private readonly List<Instance> _active = [];
    private readonly Dictionary<Request, (SentRequest Sent, PortalMode Mode)> _requests = [];
    private readonly HashSet<string> _revoked = [];

    // Completed and replaced whenever something begins or ends to wait.
    private TaskCompletionSource _change = NewChange();

    public EventLoop(Plan plan, Action<string> met)
    {
        (_plan, _met) = (plan, met);
        _random = new Random(plan.Seed);
        Clock = new TimerTrackingClock(SignalChange);
        _portal = new Portal(Clock, SignalChange);
        _calls = new CallChecks(_portal, SenderOf, met);
        var clocksAgree = plan.Instances.All(instance => instance.SkewSeconds == plan.Instances[0].SkewSeconds);
        Acquisitions = new AcquisitionChecks(Cache, new RequestBound(plan.Instances.Length, clocksAgree, met), met);
    }

    public SharedCache Cache { get; } = new();

    public PortalMode PortalMode { get; set; }

    public AcquisitionChecks Acquisitions { get; }

    public TimeSpan Now => Clock.Now.Monotonic;

    private TimerTrackingClock Clock { get; }

    public Instance Start(int number)
    {
        var instance = new Instance(number, _plan.Instances[number], Clock, _portal, Cache, SignalChange, _met);
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
                .Concat(_portal.Open.Select(DueAt))
                .Append(Clock.NextTimer)
                .Where(due => due > Now && due < end)
                .Min() ?? end;
            Clock.Advance(next - Now);
            await SettleAsync();
        }
    }

    /// <summary>Ends what is due, until everything waits for something that is not.</summary>
    public async Task SettleAsync()
    {
        do
        {
            await IdleAsync();
            ObserveRequests();
            _active.ForEach(Observe);
            _active.RemoveAll(instance => !instance.IsActive);
        }
        while (EndOne());
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

    private TimeSpan? DueAt(Request request) => _requests[request].Mode switch
    {
        PortalMode.Slow => request.SentAt.Monotonic + TimeSpan.FromMilliseconds(100),
        PortalMode.VerySlow => request.SentAt.Monotonic + TimeSpan.FromSeconds(2),
        PortalMode.Hangs => null,
        _ => request.SentAt.Monotonic,
    };

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
                    "an acquisition sends a request, calls the cache, pauses or ends, and a call ends with it" + Dump(), changes);
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

    private string Dump() => " now " + Now + string.Join(";", _instances.Select(i => $"#{i.Number} open {_portal.Open.Count(i.Sent)} " + i.Dump(Now)));

    private void ObserveRequests()
    {
        while (_portal.Events.TryDequeue(out var @event))
        {
            var (request, isStart, result) = @event;
            var instance = SenderOf(request);
            if (isStart)
            {
                var sent = new SentRequest(request);
                _requests.Add(request, (sent, PortalMode));
                Acquisitions.CheckRequest(instance, sent, Now);
            }
            else
            {
                _requests[request].Sent.End(result, Now);
                Acquisitions.EndRequest(_requests[request].Sent, Now);
                if (result is not null && result.TryGetToken(out var token, out _))
                {
                    instance.Granted = new Grant(token, new Request(request.Options, request.Scope, instance.Clock.At(request.SentAt)));
                }
            }
        }

        Require(
            _portal.Open.Select(SenderOf).Distinct().Count() == _portal.Open.Count,
            "an instance never has two requests at the portal");
    }

    private void Observe(Instance instance)
    {
        ObserveCache(instance);
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

    private void ObserveCache(Instance instance)
    {
        var calls = instance.Cache.Open;
        calls.Where(call => !call.IsCountedAsFailed && call.IsGivenUp(Now)).ToList().ForEach(call => Failed(instance, call));
        foreach (var call in calls)
        {
            if (!call.IsObserved)
            {
                call.IsObserved = true;
                instance.Outage.Call(Now);
                if (call.Mode != CacheMode.Up)
                {
                    // A claim may not have been withdrawn.
                    Acquisitions.Disturb((call.DueAt ?? Now) + SharedCache.Timeout + instance.CurrentOptions.RequestTimeout);
                }

                if (call is { Kind: CacheCallKind.Set, IsForClaim: false })
                {
                    CheckShared(instance, call);
                }
            }
        }
    }

    private static void CheckShared(Instance instance, CacheCall call)
    {
        var grant = instance.Granted;
        Require(grant is not null, "an instance shares only a token that the portal gave it");
        var shared = Instance.Protection(grant!.Request.Options).Decrypt(call.Value!);
        Require(
            shared == new SharedToken(
                grant.Token.Value, new DateTimeOffset(grant.SentAt.Wall.Ticks, TimeSpan.Zero), grant.Token.Lifetime, null),
            "an entry says which token it is, and when it was requested by the clock of the instance");
        call.Grant = grant;
    }

    private void Failed(Instance instance, CacheCall call)
    {
        call.IsCountedAsFailed = true;
        instance.Outage.Fail(Now);
        instance.Acquisitions.ForEach(acquisition => acquisition.CacheFailedAt = Now);
    }

    /// <summary>Ends a request or a call of the cache that is due. Which one is the first is random.</summary>
    private bool EndOne()
    {
        var calls = _active.SelectMany(instance => instance.Cache.Open.Where(call => call.DueAt <= Now).Select(call => (Action)(() => EndCall(instance, call))));
        var requests = _portal.Open.Where(request => DueAt(request) <= Now)
            .OrderBy(request => _instances.IndexOf(SenderOf(request))).Select(request => (Action)(() => Respond(request)));
        var due = calls.Concat(requests).ToList();
        if (due.Count == 0)
        {
            return false;
        }

        due[_random.Next(due.Count)]();
        return true;
    }

    private void EndCall(Instance instance, CacheCall call)
    {
        if (call.IsGivenUp(Now))
        {
            _met("took effect late");
            instance.Cache.End(call, Cache.Apply(call, Now)?.Value, failure: null);
        }
        else if (call.Mode == CacheMode.Throws)
        {
            Failed(instance, call);
            instance.Cache.End(call, null, new InvalidOperationException("The cache is not available."));
        }
        else
        {
            var entry = Cache.Apply(call, Now);
            instance.Outage.Succeed();
            if (call is { Kind: CacheCallKind.Get, IsForClaim: false } && instance.Running is { } acquisition)
            {
                var adopts = instance.Model.Adopts(entry, acquisition.Acquisition.IsAwaited, instance.Clock.Now);
                acquisition.Adoptable = adopts ? entry!.Grant : null;
            }

            instance.Cache.End(call, entry?.Value, failure: null);
        }
    }

    private void Respond(Request request)
        => _portal.Respond(request, _requests[request].Mode switch
        {
            PortalMode.Unavailable => new Response("transient", 0),
            PortalMode.RejectsClient => new Response("permanent", 0),
            _ => new Response("token", _plan.LifetimeSeconds),
        });

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
