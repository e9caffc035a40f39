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
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            // Its idle time begins. A slot does not read the clock when it is created, which is within its provider's lock.
            slot.GetIdleTime(timeProvider.GetTimestamp());
            _withoutToken.Enqueue(slot);
            _timer ??= CreateTimer();

            // Slots that acquire a token are kept. Their callers hold more memory than they do, so not all slots are checked.
            for (var checks = 0; checks < MaxChecksPerAddition && _withoutToken.Count > MaxWithoutToken; checks++)
            {
                var oldest = _withoutToken.Dequeue();
                if (oldest.Unexpired is not null)
                {
                    _withToken.Add(oldest);
                }
                else if (!oldest.TryDrop(evenIfFailing: true))
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

    private ITimer CreateTimer()
        => DetachedTimer.Create(
            timeProvider, static eviction => ((SlotEviction)eviction!).Sweep(), this, SweepPeriod, SweepPeriod);

    private void Sweep()
    {
        lock (_gate)
        {
            var now = timeProvider.GetTimestamp();
            for (var left = _withoutToken.Count; left > 0; left--)
            {
                var slot = _withoutToken.Dequeue();
                if (slot.Unexpired is not null)
                {
                    _withToken.Add(slot);
                }
                else if (slot.GetIdleTime(now) < MaxIdleTimeWithoutToken || !slot.TryDrop(evenIfFailing: false))
                {
                    _withoutToken.Enqueue(slot);
                }
            }

            _withToken.RemoveAll(slot =>
            {
                if (slot.GetIdleTime(now) >= MaxIdleTime && slot.TryDrop(evenIfFailing: false))
                {
                    return true;
                }

                if (slot.Unexpired is not null)
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
