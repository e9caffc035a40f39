using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TencentCiam.TokenClient.Tests.Telemetry;

/// <summary>Collects the metrics of one host, and the activities of the whole process.</summary>
internal sealed class TelemetryCollector : IDisposable
{
    private readonly MeterListener _metrics = new();
    private readonly ActivityListener _activities;

    public TelemetryCollector(CiamHost host)
        : this(host.Services.GetRequiredService<IMeterFactory>())
    {
    }

    public TelemetryCollector(IMeterFactory factory)
    {
        _metrics.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "TencentCiam.TokenClient" && instrument.Meter.Scope == factory)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _metrics.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _metrics.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _metrics.Start();

        _activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "TencentCiam.TokenClient",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Activities.Enqueue,
        };
        ActivitySource.AddActivityListener(_activities);
    }

    public ConcurrentQueue<(string Name, string? Unit, double Value, string Tags)> Measurements { get; } = new();

    public ConcurrentQueue<Activity> Activities { get; } = new();

    public IEnumerable<(double Value, string Tags)> Of(string instrument)
        => Measurements.Where(measured => measured.Name == instrument).Select(measured => (measured.Value, measured.Tags));

    public void Observe() => _metrics.RecordObservableInstruments();

    public void Dispose()
    {
        _metrics.Dispose();
        _activities.Dispose();
    }

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        => Measurements.Enqueue((
            instrument.Name,
            instrument.Unit,
            value,
            string.Join(' ', tags.ToArray().OrderBy(tag => tag.Key).Select(tag => $"{tag.Key}={tag.Value}"))));
}
