namespace TencentCiam.TokenClient.Caching;

/// <summary>
/// Drops the slots that nobody uses, so that scopes and names of clients that come from outside the program do not grow memory
/// without bound: a slot that was unused for an hour, or for a minute without an unexpired token; and the oldest ones without
/// a token when there are more than 10,000.
/// </summary>
/// <remarks>Its lock is taken before those of a provider and of a slot, so <see cref="Add"/> is called without them.</remarks>
internal sealed class SlotEviction(TimeProvider timeProvider) : IDisposable
{
    private const int MaxWithoutToken = 10_000;
    private const int MaxChecksPerAddition = 8;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaxIdleTime = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxIdleTimeWithoutToken = TimeSpan.FromMinutes(1);

    private readonly object _gate = new();

    // As seen when it was last checked. Without a token, the oldest comes first.
    private readonly Queue<TokenSlot> _withoutToken = new();
    private readonly List<TokenSlot> _withToken = [];
    private ITimer? _timer;
    private bool _isDisposed;

    /// <summary>How many slots may be dropped when they are no longer used.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _withoutToken.Count + _withToken.Count;
            }
        }
    }

    internal bool IsRunning => _timer is not null;

    /// <summary>Drops the slot when it is no longer used.</summary>
    public void Add(TokenSlot slot)
    {
        var now = ClockReading.Now(timeProvider);
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            // Its idle time begins. It was created within its provider's lock, without reading the clock.
            slot.GetIdleTime(now);
            _withoutToken.Enqueue(slot);
            _timer ??= CreateTimer();

            // Slots that acquire a token are kept. Their callers hold more memory than they do, so not all slots are checked.
            for (var checks = 0; checks < MaxChecksPerAddition && _withoutToken.Count > MaxWithoutToken; checks++)
            {
                var oldest = _withoutToken.Dequeue();
                if (HasUnexpired(oldest, now))
                {
                    _withToken.Add(oldest);
                }
                else if (!oldest.TryDrop(now, evenIfFailing: true))
                {
                    _withoutToken.Enqueue(oldest);
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _withoutToken.Clear();
            _withToken.Clear();
            _timer?.Dispose();
        }
    }

    private static bool HasUnexpired(TokenSlot slot, ClockReading now) => slot.Held is { } held && held.IsUnexpired(now);

    private ITimer CreateTimer()
        => DetachedTimer.Create(
            timeProvider, static eviction => ((SlotEviction)eviction!).Sweep(), this, SweepPeriod, SweepPeriod);

    private void Sweep()
    {
        var now = ClockReading.Now(timeProvider);
        lock (_gate)
        {
            for (var left = _withoutToken.Count; left > 0; left--)
            {
                var slot = _withoutToken.Dequeue();
                if (HasUnexpired(slot, now))
                {
                    _withToken.Add(slot);
                }
                else if (slot.GetIdleTime(now) < MaxIdleTimeWithoutToken || !slot.TryDrop(now, evenIfFailing: false))
                {
                    _withoutToken.Enqueue(slot);
                }
            }

            _withToken.RemoveAll(slot =>
            {
                if (slot.GetIdleTime(now) >= MaxIdleTime && slot.TryDrop(now, evenIfFailing: false))
                {
                    return true;
                }

                if (HasUnexpired(slot, now))
                {
                    return false;
                }

                _withoutToken.Enqueue(slot);
                return true;
            });

            if (_withoutToken.Count + _withToken.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }
}
