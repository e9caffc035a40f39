using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.DistributedCache;

namespace TencentCiam.TokenClient.Benchmarks.Simulation;

/// <summary>
/// Simulates a fleet over virtual time, in ticks. The instances use the library's <see cref="RefreshSchedule"/> and follow the
/// steps of its <see cref="SharedAcquisition"/>; nothing fails, and all clocks are right. Each way to the cache and back takes
/// a random time, so that calls of different instances overtake each other.
/// </summary>
internal sealed class FleetSimulation
{
    private const int Seed = 1;

    private static readonly long ClaimPause = SharedAcquisition.ClaimPause.Ticks;
    private static readonly long PollPause = SharedAcquisition.PollPause.Ticks;
    private static readonly long MaxWait = SharedAcquisition.MaxWait.Ticks;
    private static readonly long BackgroundPause = SharedAcquisition.BackgroundPause.Ticks;
    private static readonly long RequestTimeout = new CiamClientCredentialsOptions().RequestTimeout.Ticks;

    private readonly FleetSettings _settings;
    private readonly bool _isColdStart;
    private readonly Random _random = new(Seed);
    private readonly SimulatedCache _cache;
    private readonly EventQueue _events;
    private readonly Instance[] _instances;
    private readonly long _attachFor;

    private readonly List<int> _requests = [];
    private long _claims;
    private long _claimsBeforeFirstRequest;
    private long _lifeBeganAt;
    private int _instancesWithToken;

    private FleetSimulation(FleetSettings settings, bool isColdStart)
    {
        _settings = settings;
        _isColdStart = isColdStart;
        _cache = new SimulatedCache(settings.Lifetime.Ticks, RequestTimeout);
        _events = new EventQueue(
            settings.Instances, isColdStart ? settings.PortalLatency.Ticks + MaxWait : settings.Lifetime.Ticks);
        _instances = new Instance[settings.Instances];
        _attachFor = Draw().AttachFor.Ticks;
    }

    /// <summary>The steps of an acquisition, at the moment when they take effect at the cache or the portal.</summary>
    private enum Step : byte
    {
        ReadToken,
        ReadClaim,
        WriteClaim,
        ConfirmClaim,
        ReadTokenAgain,
        ReceiveToken,
        WriteToken,
        RemoveClaim,
    }

    /// <summary>All instances have the same token at first. Its lives, and those of its successors, are simulated.</summary>
    public static FleetRun RunLives(FleetSettings settings, int lives)
    {
        var fleet = new FleetSimulation(settings, isColdStart: false);
        fleet._cache.WriteToken(sentAt: 0);
        for (var i = 0; i < settings.Instances; i++)
        {
            fleet.Hold(i, sentAt: 0, fleet.Draw(), now: 0);
        }

        // The first request of a further life shows that the last one has ended. The claims of a life precede its requests.
        fleet.RunUntil(() => fleet._requests.Count > lives);
        var claims = fleet._claims - fleet._claimsBeforeFirstRequest;
        return new FleetRun(fleet._requests[..lives], (double)claims / lives);
    }

    /// <summary>All instances start at once, without a token, and their first callers wait.</summary>
    public static int RunColdStart(FleetSettings settings)
    {
        var fleet = new FleetSimulation(settings, isColdStart: true);
        for (var i = 0; i < settings.Instances; i++)
        {
            fleet.Begin(i, at: 0);
        }

        fleet.RunUntil(() => fleet._instancesWithToken == settings.Instances);
        return fleet._requests.Sum();
    }

    private void RunUntil(Func<bool> hasEnded)
    {
        while (!hasEnded())
        {
            var (i, at) = _events.Dequeue();
            Take(i, at);
        }
    }

    private void Take(int i, long at)
    {
        ref var instance = ref _instances[i];
        switch (instance.Step)
        {
            case Step.ReadToken:
                var found = _cache.ReadToken(at);
                var now = at + OneWay();
                if (TryAdopt(i, found, now))
                {
                    break;
                }

                if (_settings.UsesClaims)
                {
                    Call(i, Step.ReadClaim, now);
                }
                else
                {
                    SendRequest(i, now);
                }

                break;

            case Step.ReadClaim:
                if (_cache.ReadClaim(at) is { } other && other != i)
                {
                    Pause(i, at + OneWay());
                }
                else
                {
                    Call(i, Step.WriteClaim, at + OneWay());
                }

                break;

            case Step.WriteClaim:
                _claims++;
                _cache.WriteClaim(i, at);
                Call(i, Step.ConfirmClaim, at + OneWay() + ClaimPause);
                break;

            case Step.ConfirmClaim:
                instance.HasClaimed = _cache.ReadClaim(at) is not { } standing || standing == i;
                if (instance.HasClaimed)
                {
                    Call(i, Step.ReadTokenAgain, at + OneWay());
                }
                else
                {
                    Pause(i, at + OneWay());
                }

                break;

            case Step.ReadTokenAgain:
                var foundNow = _cache.ReadToken(at);
                now = at + OneWay();
                if (!TryAdopt(i, foundNow, now))
                {
                    SendRequest(i, now);
                }

                break;

            case Step.ReceiveToken:
                instance.HeldSentAt = instance.RequestSentAt;
                instance.RefreshAt = instance.RequestSentAt + Draw().RefreshAfter.Ticks;
                _instancesWithToken++;
                Call(i, Step.WriteToken, at);
                break;

            case Step.WriteToken:
                _cache.WriteToken(instance.RequestSentAt);
                End(i, at + OneWay());
                break;

            case Step.RemoveClaim:
                _cache.RemoveClaim();
                instance.HasClaimed = false;
                End(i, at + OneWay());
                break;
        }
    }

    private void Begin(int i, long at)
    {
        ref var instance = ref _instances[i];
        (instance.LookedAt, instance.AwaitedWait, instance.BackgroundWait) = (at, 0, 0);
        Call(i, Step.ReadToken, at);
    }

    /// <summary>Withdraws the claim, if any. Then the instance is idle until its next refresh.</summary>
    private void End(int i, long now)
    {
        ref var instance = ref _instances[i];
        if (instance.HasClaimed)
        {
            Call(i, Step.RemoveClaim, now);
        }
        else if (!_isColdStart)
        {
            Begin(i, Math.Max(instance.RefreshAt, now));
        }
    }

    private bool TryAdopt(int i, long? found, long now)
    {
        if (found is not { } sentAt || sentAt <= _instances[i].HeldSentAt)
        {
            return false;
        }

        var schedule = Draw();
        if (now - sentAt >= (IsAwaited(i, now) ? schedule.AttachFor : schedule.RefreshAfter).Ticks)
        {
            return false;
        }

        Hold(i, sentAt, schedule, now);
        return true;
    }

    private void Hold(int i, long sentAt, RefreshSchedule schedule, long now)
    {
        ref var instance = ref _instances[i];
        instance.HeldSentAt = sentAt;
        instance.RefreshAt = sentAt + schedule.RefreshAfter.Ticks;
        _instancesWithToken++;
        End(i, now);
    }

    /// <summary>A request that is sent half a lifetime after the first one of a life begins the next life.</summary>
    private void SendRequest(int i, long now)
    {
        if (_requests.Count == 0 || now - _lifeBeganAt >= _settings.Lifetime.Ticks / 2)
        {
            _lifeBeganAt = now;
            _claimsBeforeFirstRequest = _requests.Count == 0 ? _claims : _claimsBeforeFirstRequest;
            _requests.Add(0);
        }

        _requests[^1]++;
        ref var instance = ref _instances[i];
        (instance.RequestSentAt, instance.Step) = (now, Step.ReceiveToken);
        _events.Enqueue(i, now + _settings.PortalLatency.Ticks);
    }

    /// <summary>Waits for another instance, or sends a request if there is no time left to wait.</summary>
    private void Pause(int i, long now)
    {
        ref var instance = ref _instances[i];
        var isAwaited = IsAwaited(i, now);
        var waited = isAwaited ? instance.AwaitedWait : instance.BackgroundWait;
        var left = (isAwaited ? MaxWait : RequestTimeout) - waited - (now - instance.LookedAt);
        var pause = Math.Min(isAwaited ? PollPause : BackgroundPause, left);
        pause = isAwaited ? pause : Math.Min(pause, instance.HeldSentAt + _attachFor - now);
        if (pause <= 0)
        {
            SendRequest(i, now);
            return;
        }

        waited += now + pause - instance.LookedAt;
        (instance.AwaitedWait, instance.BackgroundWait) =
            isAwaited ? (waited, instance.BackgroundWait) : (instance.AwaitedWait, waited);
        instance.LookedAt = now + pause;
        Call(i, Step.ReadToken, instance.LookedAt);
    }

    /// <summary>A caller waits as soon as the token, if any, can no longer be attached: there is always a caller.</summary>
    private bool IsAwaited(int i, long now) => _isColdStart || now >= _instances[i].HeldSentAt + _attachFor;

    private void Call(int i, Step step, long now)
    {
        _instances[i].Step = step;
        _events.Enqueue(i, now + OneWay());
    }

    /// <summary>Half a call of the cache.</summary>
    private long OneWay() => (long)(_random.NextDouble() * _settings.CacheLatency.Ticks);

    private RefreshSchedule Draw()
        => RefreshSchedule.For(_settings.Lifetime, refreshBeforeExpiration: null, expirationMargin: null, _random.NextDouble());

    private struct Instance
    {
        public Step Step;
        public bool HasClaimed;
        public long HeldSentAt;
        public long RefreshAt;
        public long RequestSentAt;
        public long LookedAt;
        public long AwaitedWait;
        public long BackgroundWait;
    }
}
