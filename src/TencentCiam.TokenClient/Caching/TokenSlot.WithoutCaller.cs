namespace TencentCiam.TokenClient.Caching;

/// <summary>What happens to the slot without a caller: the first token at the start of the host, keep-warm, health, eviction.</summary>
internal sealed partial class TokenSlot
{
    private volatile bool _hasBegun;
    private volatile bool _needsFirstToken;

    // Created when it is needed, because most clients are not kept warm.
    private KeepWarmTimer? _keepWarm;

    // Set by each caller, without a lock, and reset by GetIdleTime: cheaper than the time of each use.
    private bool _isUsed = true;
    private long _idleSince;

    /// <summary>Whether any acquisition was started.</summary>
    public bool HasBegun => _hasBegun;

    /// <summary>Whether the host was started with Warm or Required and no token has been acquired since.</summary>
    public bool NeedsFirstToken => _needsFirstToken && client.Options.StartupMode != CiamStartupMode.Lazy;

    /// <summary>Acquires the first token without a caller, and again after failures until there is one.</summary>
    /// <param name="isAwaited">Whether the start of the host waits for it.</param>
    /// <returns>The acquisition; null if there is a token already.</returns>
    public TokenAcquisition? AcquireFirst(bool isAwaited)
    {
        TokenAcquisition acquisition;
        TokenAcquisition? started;
        lock (_gate)
        {
            if (_isClosed || _held is not null)
            {
                return null;
            }

            _needsFirstToken = true;
            started = _acquisition is null ? Create(AcquisitionReason.Cold, isSynchronous: false) : null;
            acquisition = _acquisition!;
            if (isAwaited)
            {
                acquisition.Await();
            }
        }

        started?.Start();
        UpdateKeepWarm();
        return acquisition;
    }

    /// <summary>Begins, continues or ends the acquisitions without a caller, as the options and the state now say.</summary>
    /// <param name="begin">Whether they begin although no token was ever acquired.</param>
    public void UpdateKeepWarm(bool begin = false)
    {
        if (_keepWarm is not null || ((begin || HasBegun) && AcquiresWithoutCaller))
        {
            LazyInitializer.EnsureInitialized(ref _keepWarm, () => new KeepWarmTimer(this, _timeProvider)).Update();
        }
    }

    /// <summary>Decides for <see cref="KeepWarmTimer"/> whether an acquisition starts now, and when the next one may be due.</summary>
    /// <returns>When to call again, null to end; and the acquisition to start.</returns>
    public (TimeSpan? Pause, TokenAcquisition? Start) DecideWithoutCaller()
    {
        var now = ClockReading.Now(_timeProvider);
        lock (_gate)
        {
            if (_isClosed || client.Stopping.IsCancellationRequested || client.Host.HasStopped || !AcquiresWithoutCaller)
            {
                return default;
            }

            if (_acquisition is not null)
            {
                return (TimeSpan.MaxValue, null);
            }

            var pause = _held?.FreshFor(now, _timeProvider) is { } fresh && fresh > TimeSpan.Zero
                ? fresh
                : _failures.BackgroundPause(now, hasTokenToServe: _held?.IsAttachable(now) == true);
            return pause > TimeSpan.Zero ? (pause, null) : (TimeSpan.MaxValue, Create(ReasonAt(now), isSynchronous: false));
        }
    }

    /// <summary>What is known about its token, for health checks.</summary>
    public SlotState GetState()
    {
        var now = ClockReading.Now(_timeProvider);
        lock (_gate)
        {
            return new SlotState
            {
                Scope = provider.GetScopeToRequest(scope),
                Remaining = _held?.RemainingAt(now, _timeProvider),
                HadToken = _held is not null,
                NeedsFirstToken = NeedsFirstToken,
                AcquiresWithoutCaller = AcquiresWithoutCaller,
                FailsCallers = _failures.FailsCallersWithin(SlotState.FailurePeriod, now),
                HasFailedCallers = _failures.HasFailedCallers,
                Error = _failures.Latest,
                FailingSince = new DateTimeOffset(_failures.Since.UtcTicks, TimeSpan.Zero),
            };
        }
    }

    /// <summary>How long nobody has used it, to about the time between two calls. Only <see cref="SlotEviction"/> calls it.</summary>
    public TimeSpan GetIdleTime(ClockReading now)
    {
        if (_isUsed)
        {
            _isUsed = false;
            _idleSince = now.Timestamp;
        }

        // It holds more memory than all the rest.
        if (_latestAcquisition is { HasEnded: true } ended)
        {
            Interlocked.CompareExchange(ref _latestAcquisition, null, ended);
        }

        return _timeProvider.GetElapsedTime(_idleSince, now.Timestamp);
    }

    /// <summary>Drops it, unless it is needed.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="evenIfFailing">Whether a remembered failure may be forgotten.</param>
    /// <returns>Whether it is dropped.</returns>
    public bool TryDrop(ClockReading now, bool evenIfFailing) => provider.TryDrop(this, now, evenIfFailing);

    /// <summary>Closes it, unless an acquisition runs: callers that still have it then get another slot from the provider.</summary>
    /// <remarks>If it was kept warm, its timer ends when it is next due.</remarks>
    public bool TryClose(ClockReading now, bool evenIfFailing)
    {
        lock (_gate)
        {
            if (_acquisition is not null || (!evenIfFailing && _failures.Current(now) is not null))
            {
                return false;
            }

            (_isClosed, _held) = (true, null);
            return true;
        }
    }

    private bool AcquiresWithoutCaller => (NeedsFirstToken || client.Options.KeepWarm) && provider.IsOwn(this);
}
