using System.Diagnostics.Metrics;

namespace Virtio.Tests.Testbed;

/// <summary>Listens to the instruments of one bus.</summary>
internal sealed class MetricsProbe : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _counts = [];
    private readonly List<double> _durations = [];

    internal MetricsProbe(object bus, Func<Instrument, bool>? wanted = null)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name != VirtioMetrics.MeterName || instrument.Meter.Scope != bus)
                return;
            Published++;
            if (wanted?.Invoke(instrument) ?? true)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.MeasurementsCompleted = (_, _) => Completed++;
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _counts[$"{instrument.Name} {Text(tags)}"] = value);
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            lock (_durations)
                _durations.Add(value);
            Tags = Text(tags);
        });
        _listener.Start();
    }

    internal int Published { get; private set; }

    internal int Completed { get; private set; }

    /// <summary>Tags of the last duration.</summary>
    internal string? Tags { get; private set; }

    internal IReadOnlyList<double> Durations
    {
        get
        {
            lock (_durations)
                return [.. _durations];
        }
    }

    /// <summary>The current value of every counter, by its name and tags.</summary>
    internal IReadOnlyDictionary<string, long> Read()
    {
        _counts.Clear();
        _listener.RecordObservableInstruments();
        return _counts;
    }

    public void Dispose() => _listener.Dispose();

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
}
