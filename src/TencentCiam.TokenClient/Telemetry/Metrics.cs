using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.DistributedCache;

namespace TencentCiam.TokenClient.Telemetry;

/// <summary>
/// All instruments. Names and units follow the conventions of OpenTelemetry: durations in seconds, counted things in
/// braces, <c>error.type</c> on failures only. Without a listener nothing is measured; a listener that throws loses the
/// measurement, and nothing else.
/// </summary>
internal sealed class Metrics
{
    public const string MeterName = Log.Category;

    private const string Client = "ciam.client";
    private const string Scope = "ciam.token.scope";
    private const string Reason = "ciam.token.request.reason";
    private const string Outcome = "ciam.token.lookup.outcome";
    private const string SharedCacheOutcomeTag = "ciam.token.shared_cache.outcome";
    private const string ErrorType = "error.type";

    private readonly Histogram<double> _requestDuration;
    private readonly Counter<long> _lookups;
    private readonly Counter<long> _sharedCacheReads;
    private readonly ConcurrentDictionary<LifetimeObservation, bool> _observations = new();

    public Metrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _requestDuration = meter.CreateHistogram(
            "ciam.token.request.duration",
            "s",
            "Duration of requests to the CIAM token endpoint.",
            tags: null,
            // The boundaries that OpenTelemetry recommends for HTTP requests.
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
            });
        _lookups = meter.CreateCounter<long>(
            "ciam.token.lookups", "{lookup}", "Number of token lookups in the cache, by outcome.");
        _sharedCacheReads = meter.CreateCounter<long>(
            "ciam.token.shared_cache.reads", "{read}", "Number of reads of tokens in the shared cache, by outcome.");
        meter.CreateObservableGauge(
            "ciam.token.remaining_life", Observe, "s", "Remaining life of the cached tokens.");
    }

    public void RequestEnded(TimeSpan duration, string client, AcquisitionReason reason, CiamTokenError? error)
    {
        if (!_requestDuration.Enabled)
        {
            return;
        }

        var tags = new TagList { { Client, client }, { Reason, Name(reason) } };
        if (error is not null)
        {
            tags.Add(ErrorType, error.Code);
        }

        try
        {
            _requestDuration.Record(duration.TotalSeconds, tags);
        }
#pragma warning disable CA1031 // The user's listeners may throw anything.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    public void LookedUp(string client, LookupOutcome outcome)
    {
        if (_lookups.Enabled)
        {
            Count(_lookups, client, Outcome, Name(outcome));
        }
    }

    public void SharedCacheRead(string client, SharedCacheOutcome outcome)
    {
        if (_sharedCacheReads.Enabled)
        {
            Count(_sharedCacheReads, client, SharedCacheOutcomeTag, Name(outcome));
        }
    }

    // A method of its own, so that the check of each lookup can be inlined.
    private static void Count(Counter<long> counter, string client, string outcomeTag, string outcome)
    {
        try
        {
            counter.Add(1, new(Client, client), new(outcomeTag, outcome));
        }
#pragma warning disable CA1031 // The user's listeners may throw anything.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    /// <summary>Shows the remaining life of a client's tokens, by scope, until the result is disposed.</summary>
    public IDisposable ObserveRemainingLifetimes(string client, Func<IEnumerable<(string Scope, TimeSpan Remaining)>> remaining)
    {
        var observation = new LifetimeObservation(_observations, client, remaining);
        _observations.TryAdd(observation, true);
        return observation;
    }

    public static string Name(AcquisitionReason reason) => reason switch
    {
        AcquisitionReason.Cold => "cold",
        AcquisitionReason.Refresh => "refresh",
        AcquisitionReason.Expired => "expired",
        _ => "unauthorized",
    };

    private static string Name(LookupOutcome outcome) => outcome switch
    {
        LookupOutcome.Hit => "hit",
        LookupOutcome.Waited => "waited",
        LookupOutcome.LastResort => "last_resort",
        LookupOutcome.Cancelled => "cancelled",
        _ => "failed",
    };

    private static string Name(SharedCacheOutcome outcome) => outcome switch
    {
        SharedCacheOutcome.Hit => "hit",
        SharedCacheOutcome.Miss => "miss",
        SharedCacheOutcome.Stale => "stale",
        SharedCacheOutcome.Rejected => "rejected",
        _ => "failed",
    };

    private IEnumerable<Measurement<double>> Observe()
        => _observations.Keys.SelectMany(observation => observation.Remaining().Select(life => new Measurement<double>(
            life.Remaining.TotalSeconds, new(Client, observation.Client), new(Scope, life.Scope))));

    private sealed class LifetimeObservation(
        ConcurrentDictionary<LifetimeObservation, bool> observations,
        string client,
        Func<IEnumerable<(string Scope, TimeSpan Remaining)>> remaining)
        : IDisposable
    {
        public string Client => client;

        public Func<IEnumerable<(string Scope, TimeSpan Remaining)>> Remaining => remaining;

        public void Dispose() => observations.TryRemove(this, out _);
    }
}
