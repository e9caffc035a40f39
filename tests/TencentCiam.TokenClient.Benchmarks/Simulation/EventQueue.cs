namespace TencentCiam.TokenClient.Benchmarks.Simulation;

/// <summary>
/// The next event of each instance, earliest first. Time is divided into slices, and only the current one is sorted: a single
/// heap of a million events would take several times as long.
/// </summary>
internal sealed class EventQueue
{
    private const int None = -1;
    private const int MinSlices = 16;
    private const int MaxSlices = 1 << 18;

    private readonly PriorityQueue<int, long> _current = new();
    private readonly long _sliceLength;

    // The slices ahead, as linked lists: an instance is in one of them at most.
    private readonly int[] _first;
    private readonly (int Next, long Time)[] _events;
    private long _slice;

    /// <param name="instances">The number of instances.</param>
    /// <param name="horizon">How far an event is ahead at most.</param>
    public EventQueue(int instances, long horizon)
    {
        _first = new int[Math.Clamp(instances, MinSlices, MaxSlices)];
        Array.Fill(_first, None);
        _events = new (int, long)[instances];

        // One slice more than needed, because the current one has partly passed.
        _sliceLength = (horizon / (_first.Length - 1)) + 1;
    }

    public void Enqueue(int instance, long time)
    {
        var slice = time / _sliceLength;
        if (slice <= _slice)
        {
            _current.Enqueue(instance, time);
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(slice, _slice + _first.Length, nameof(time));
        ref var first = ref _first[slice % _first.Length];
        _events[instance] = (first, time);
        first = instance;
    }

    public (int Instance, long Time) Dequeue()
    {
        while (_current.Count == 0)
        {
            ref var first = ref _first[++_slice % _first.Length];
            for (var instance = first; instance != None;)
            {
                var (next, time) = _events[instance];
                _current.Enqueue(instance, time);
                instance = next;
            }

            first = None;
        }

        _current.TryDequeue(out var earliest, out var at);
        return (earliest, at);
    }
}
