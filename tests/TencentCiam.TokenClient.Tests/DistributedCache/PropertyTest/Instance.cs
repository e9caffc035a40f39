using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.DistributedCache;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.Tests.Caching.PropertyTest;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>
/// One instance with what a container of its own would give it, but with jitter and a portal that the run controls; and what
/// the models know about it.
/// </summary>
internal sealed class Instance
{
    private const string Scope = "orders.read";

    private static readonly Metrics UnobservedMetrics =
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    private readonly ChangeableOptions _options;
    private readonly List<CiamClientCredentialsOptions> _history = [];

    public Instance(
        int number,
        InstancePlan plan,
        TimerTrackingClock clock,
        Portal portal,
        SharedCache cache,
        Action onChange,
        Action<string> met)
    {
        Number = number;
        Plan = plan;
        Clock = new InstanceClock(clock, TimeSpan.FromSeconds(plan.SkewSeconds), onChange);
        Cache = new InstanceCache(cache, clock, onChange);
        Model = new InstanceModel(plan.Draw, met);
        Outage = new CacheOutageModel(met);
        _options = new ChangeableOptions(Options(plan.ClientId, "secret-1"));
        _history.Add(_options.CurrentValue);

        // With a clock that stands still: no slot is dropped.
        Provider = new RegisteredTokenProvider(
            "",
            _options,
            portal,
            Clock,
            NullLogger.Instance,
            UnobservedMetrics,
            new SlotEviction(new TestClock()),
            new SharedTokenCache(
                new SharedCacheConnection(() => Cache, Clock, NullLogger.Instance),
                new CiamDistributedTokenCacheOptions { Timeout = SharedCache.Timeout }),
            draw: () => plan.Draw);
    }

    public int Number { get; }

    public InstancePlan Plan { get; }

    public InstanceClock Clock { get; }

    public InstanceCache Cache { get; }

    public RegisteredTokenProvider Provider { get; }

    public InstanceModel Model { get; }

    public CacheOutageModel Outage { get; }

    public bool IsStopped { get; private set; }

    /// <summary>The acquisitions that have not ended, oldest first.</summary>
    public List<AcquisitionRecord> Acquisitions { get; } = [];

    /// <summary>The one that callers join.</summary>
    public AcquisitionRecord? Running => Acquisitions.Count > 0 && Acquisitions[^1].IsRunning ? Acquisitions[^1] : null;

    /// <summary>The calls that wait.</summary>
    public List<Call> Calls { get; } = [];

    /// <summary>The latest token that the portal gave it, by its own clock.</summary>
    public Grant? Granted { get; set; }

    public CiamAccessToken? LastReturned { get; set; }

    public CiamClientCredentialsOptions CurrentOptions => _options.CurrentValue;

    public bool Sent(Request request) => _history.Contains(request.Options);

    public static EntryProtection Protection(CiamClientCredentialsOptions options) => new(options, Scope, keyPrefix: "ciam:");

    public void RotateSecret()
    {
        var secret = CurrentOptions.ClientSecret == "secret-1" ? "secret-2" : "secret-1";
        var options = Options(CurrentOptions.ClientId, secret);
        _history.Add(options);
        Running?.Secrets.Add(secret);
        Model.ForgetFailures();
        _options.Change(options);
    }

    public void Stop()
    {
        IsStopped = true;
        Provider.Dispose();
    }

    /// <summary>Notes an acquisition that has started. Returns whether there is one.</summary>
    public bool NoteStart(TimeSpan now)
    {
        if (Provider.LatestAcquisitions.GetValueOrDefault(Scope) is not { } latest
            || Acquisitions.Exists(record => record.Acquisition == latest)
            || latest.Ended.IsCompleted)
        {
            return false;
        }

        Acquisitions.Add(new AcquisitionRecord(latest, now, Model.MaxAttempts, CurrentOptions.ClientSecret));
        return true;
    }

    /// <summary>
    /// Whether each acquisition waits for the portal, the cache or a timer, so that nothing happens until the run ends one of
    /// these waits.
    /// </summary>
    public bool IsIdle(int openRequests, TimeSpan now)
    {
        // In this order: the timer of a call may be set before or after the call is made.
        var waits = Clock.Waits(Wait.Cache);
        if (waits != Cache.Count(now))
        {
            return false;
        }

        var pauses = Clock.Waits(Wait.Pause) is var inCall ? inCall.Set - inCall.Ended : 0;
        var backgroundPauses = Clock.Waits(Wait.BackgroundPause) is var background ? background.Set - background.Ended : 0;
        var isOver = IsStopped || now - Running?.StartedAt >= CurrentOptions.AcquisitionTimeout;
        return !(isOver && pauses + backgroundPauses > 0)
            && !(Running is { Acquisition.IsAwaited: true } && backgroundPauses > 0)
            && Acquisitions.Count(record => !record.HasEnded) == openRequests + waits.Set - waits.Ended + pauses + backgroundPauses
            && Calls.TrueForAll(call => call.IsSynchronous || IsSettled(call));
    }

    /// <summary>Whether each call of an idle instance has ended or waits for the acquisition.</summary>
    public bool HasSettledCalls => Calls.TrueForAll(IsSettled);

    /// <summary>Whether anything may still happen in it.</summary>
    public bool IsActive => !IsStopped || Acquisitions.Count > 0 || Calls.Count > 0 || Cache.Open.Count > 0;

    /// <summary>What ends without a signal.</summary>
    public IEnumerable<Task> Ends
        => Acquisitions.Where(record => !record.HasEnded)
            .SelectMany(record => new[] { record.Acquisition.Completion, record.Acquisition.Ended })
            .Concat(Calls.Select(call => call.Outcome))
            .Where(task => !task.IsCompleted);

    private static bool IsSettled(Call call)
        => call.IsPastLimit || call.Acquisition?.IsRunning != true ? call.Outcome.IsCompleted : call.Waits;

    private static CiamClientCredentialsOptions Options(string clientId, string secret) => new()
    {
        Authority = new Uri("https://sample.portal.tencentciam.com"),
        ClientId = clientId,
        ClientSecret = secret,
        Scope = Scope,
    };
}
