using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Telemetry;

/// <summary>
/// All instruments. Names and units follow the conventions of OpenTelemetry: durations in seconds, what is counted in
/// braces, <c>error.type</c> on failures only. Where nobody listens, nothing is measured.
/// </summary>
internal sealed class Metrics
{
    public const string MeterName = Log.Category;

    private const string Client = "ciam.client";
    private const string Scope = "ciam.token.scope";
    private const string Reason = "ciam.token.request.reason";
    private const string Outcome = "ciam.token.lookup.outcome";
    private const string ErrorType = "error.type";

    private readonly Histogram<double> _requestDuration;
    private readonly Counter<long> _lookups;
    private readonly ConcurrentDictionary<CiamTokenProvider, bool> _providers = new();

    public Metrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _requestDuration = meter.CreateHistogram(
            "ciam.token.request.duration",
            "s",
            "How long a request to the CIAM token endpoint took.",
            tags: null,
            // The boundaries that OpenTelemetry recommends for HTTP requests.
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
            });
        _lookups = meter.CreateCounter<long>(
            "ciam.token.lookups", "{lookup}", "How often a token was asked of the cache, by what became of it.");
        meter.CreateObservableGauge(
            "ciam.token.remaining_life", Observe, "s", "How long the cached tokens have to live.");
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

        _requestDuration.Record(duration.TotalSeconds, tags);
    }

    public void LookedUp(string client, LookupOutcome outcome)
    {
        if (_lookups.Enabled)
        {
            _lookups.Add(1, new(Client, client), new(Outcome, Name(outcome)));
        }
    }

    public void Add(CiamTokenProvider provider) => _providers.TryAdd(provider, true);

    public void Remove(CiamTokenProvider provider) => _providers.TryRemove(provider, out _);

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

    private IEnumerable<Measurement<double>> Observe()
        => _providers.Keys.SelectMany(provider => provider.RemainingLives.Select(life => new Measurement<double>(
            life.Remaining.TotalSeconds, new(Client, provider.ClientName), new(Scope, life.Scope))));
}
