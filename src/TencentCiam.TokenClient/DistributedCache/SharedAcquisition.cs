using System.Security.Cryptography;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.DistributedCache;

/// <summary>
/// The part of one acquisition that concerns other instances: it looks for a token that one of them acquired, and claims to
/// request one itself. There are no locks: a claim is a random value that is still there after a moment.
/// </summary>
internal sealed class SharedAcquisition(
    SharedTokenCache cache,
    ClientContext client,
    TokenSlot slot,
    TokenAcquisition acquisition,
    bool isSynchronous)
{
    // Long enough for the claims that other instances write at the same time to arrive.
    internal static readonly TimeSpan ClaimPause = TimeSpan.FromMilliseconds(25);
    internal static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(50);
    internal static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan BackgroundPause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _timeProvider = client.TimeProvider;
    private readonly byte[] _claim = RandomNumberGenerator.GetBytes(16);
    private EntryProtection? _protection;
    private TimeSpan _limit;
    private bool _hasClaimed;

    // How long it has waited for another instance, with the time that the cache took. In all attempts together.
    private TimeSpan _awaitedWait;
    private TimeSpan _backgroundWait;

    /// <summary>Looks for another instance's token before a request, and claims the request if there is none.</summary>
    /// <param name="options">The options of the request.</param>
    /// <param name="scope">The scopes to request; empty for none.</param>
    /// <param name="end">Ends the acquisition.</param>
    /// <returns>The token; null if this instance should request one.</returns>
    public async Task<AdoptedToken?> FindAsync(CiamClientCredentialsOptions options, string scope, CancellationToken end)
    {
        _protection = new EntryProtection(options, scope, cache.Options.KeyPrefix);

        // A cache that does not respond must leave time for the portal: five reads and writes precede a request.
        var maxLimit = options.AcquisitionTimeout / 10;
        _limit = cache.Options.Timeout < maxLimit ? cache.Options.Timeout : maxLimit;
        while (!end.IsCancellationRequested)
        {
            var lookedAt = _timeProvider.GetTimestamp();
            var (isAvailable, adopted) = await ReadTokenAsync(options).ConfigureAwait(false);
            if (adopted is not null || !isAvailable)
            {
                return adopted;
            }

            switch (await ClaimAsync(options, end).ConfigureAwait(false))
            {
                case ClaimOutcome.Claimed:
                    // Another instance may have acquired one since the first look.
                    return (await ReadTokenAsync(options).ConfigureAwait(false)).Adopted;
                case ClaimOutcome.Unavailable:
                    return null;
                default:
                    if (!await PauseAsync(options, lookedAt, end).ConfigureAwait(false))
                    {
                        return null;
                    }

                    break;
            }
        }

        return null;
    }

    /// <summary>Looks for another instance's token after a request that failed, because another's may have succeeded.</summary>
    public async Task<AdoptedToken?> FindInsteadAsync(CiamClientCredentialsOptions options)
        => (await ReadTokenAsync(options).ConfigureAwait(false)).Adopted;

    /// <summary>Shares the token that this instance has acquired, and withdraws its claim.</summary>
    public async Task CompleteAsync(CiamTokenResult result, ClockReading sentAt)
    {
        if (result.TryGetToken(out var token, out _) && _protection is { } protection)
        {
            var remaining = token.Lifetime - _timeProvider.GetElapsedTime(sentAt.Timestamp);
            if (remaining > TimeSpan.Zero)
            {
                var shared = new SharedToken(
                    token.Value, new DateTimeOffset(sentAt.UtcTicks, TimeSpan.Zero), token.Lifetime, token.Scope);
                await cache.Connection.WriteAsync(
                    protection.TokenKey, protection.Encrypt(shared), remaining, _limit, isSynchronous)
                    .ConfigureAwait(false);
            }
        }

        await ReleaseAsync().ConfigureAwait(false);
    }

    /// <summary>Withdraws this instance's claim, so that others need not wait for it.</summary>
    public async Task ReleaseAsync()
    {
        if (_hasClaimed)
        {
            _hasClaimed = false;
            await cache.Connection.RemoveAsync(_protection!.ClaimKey, _limit, isSynchronous).ConfigureAwait(false);
        }
    }

    private async Task<(bool IsAvailable, AdoptedToken? Adopted)> ReadTokenAsync(CiamClientCredentialsOptions options)
    {
        var read = await cache.Connection.ReadAsync(_protection!.TokenKey, _limit, isSynchronous).ConfigureAwait(false);
        if (!read.WasAttempted)
        {
            return (false, null);
        }

        AdoptedToken? adopted = null;
        var outcome = !read.HasEnded ? SharedCacheOutcome.Failed
            : read.Value is not { } entry ? SharedCacheOutcome.Miss
            : Judge(_protection.Decrypt(entry), options, out adopted);
        acquisition.Report(() => client.Metrics.SharedCacheRead(client.NameInMetrics, outcome));
        if (outcome == SharedCacheOutcome.Rejected && cache.IsFirstRejection())
        {
            acquisition.Report(() => Log.SharedTokenRejected(client.Logger, client.Name));
        }
        else if (outcome == SharedCacheOutcome.Hit)
        {
            cache.EntryWasGood();
        }

        return (read.HasEnded, adopted);
    }

    private SharedCacheOutcome Judge(SharedToken? shared, CiamClientCredentialsOptions options, out AdoptedToken? adopted)
    {
        adopted = null;
        if (shared is null || shared.Lifetime <= TimeSpan.Zero || shared.Lifetime > TokenLifetime.MaxLifetime)
        {
            return SharedCacheOutcome.Rejected;
        }

        var now = ClockReading.Now(_timeProvider);
        var schedule = RefreshSchedule.For(
            shared.Lifetime, options.RefreshBeforeExpiration, options.ExpirationMargin, client.Draw());
        var age = TimeSpan.FromTicks(now.UtcTicks - shared.SentAt.UtcTicks);
        if (age < schedule.AttachFor - schedule.Lifetime)
        {
            // The writer's clock, or this machine's, is so wrong that the token's age is not known.
            return SharedCacheOutcome.Rejected;
        }

        age = age < TimeSpan.Zero ? TimeSpan.Zero : age;
        var held = slot.Held;
        var isNewer = held is null
            || (shared.SentAt.UtcTicks > held.SentAt.UtcTicks && shared.Value != held.Token.Value);
        if (!isNewer || age >= (acquisition.IsAwaited ? schedule.AttachFor : schedule.RefreshAfter))
        {
            return SharedCacheOutcome.Stale;
        }

        try
        {
            adopted = new AdoptedToken(shared.ToAccessToken(), now.Plus(-age, _timeProvider), schedule);
            return SharedCacheOutcome.Hit;
        }
        catch (ArgumentException)
        {
            return SharedCacheOutcome.Rejected;
        }
    }

    private async Task<ClaimOutcome> ClaimAsync(CiamClientCredentialsOptions options, CancellationToken end)
    {
        var (connection, key, limit) = (cache.Connection, _protection!.ClaimKey, _limit);
        var read = await connection.ReadAsync(key, limit, isSynchronous).ConfigureAwait(false);
        if (!read.HasEnded)
        {
            return ClaimOutcome.Unavailable;
        }

        // Its own is there if it could not be withdrawn after an earlier attempt.
        if (read.Value is { } existing && !existing.AsSpan().SequenceEqual(_claim))
        {
            return ClaimOutcome.ClaimedByAnother;
        }

        await connection.WriteAsync(key, _claim, options.RequestTimeout, limit, isSynchronous).ConfigureAwait(false);
        if (options.PausesBetweenAttempts)
        {
            await acquisition.PauseAsync(ClaimPause, end).ConfigureAwait(false);
        }

        read = await connection.ReadAsync(key, limit, isSynchronous).ConfigureAwait(false);

        // It may stand, too, when the cache does not say whether it does.
        _hasClaimed = !read.HasEnded || read.Value is null || read.Value.AsSpan().SequenceEqual(_claim);
        return !read.HasEnded ? ClaimOutcome.Unavailable
            : _hasClaimed ? ClaimOutcome.Claimed
            : ClaimOutcome.ClaimedByAnother;
    }

    /// <summary>Waits before the next look.</summary>
    /// <param name="options">The options of the request.</param>
    /// <param name="lookedAt">When the last look began.</param>
    /// <param name="end">Ends the acquisition.</param>
    /// <returns>Whether there is time for another look. If not, this instance requests a token although another does.</returns>
    private async Task<bool> PauseAsync(CiamClientCredentialsOptions options, long lookedAt, CancellationToken end)
    {
        if (!options.PausesBetweenAttempts)
        {
            return false;
        }

        var isAwaited = acquisition.IsAwaited;
        var left = (isAwaited ? MaxWait - _awaitedWait : options.RequestTimeout - _backgroundWait)
            - _timeProvider.GetElapsedTime(lookedAt);
        var pause = isAwaited ? PollPause : BackgroundPause;
        pause = TimeSpanMath.Min(pause, left);

        // A token that can still be attached must not lose that while this instance waits for another.
        if (slot.Held is { } held && held.AttachableFor(ClockReading.Now(_timeProvider), _timeProvider) is { } attachable)
        {
            pause = TimeSpanMath.Min(pause, attachable);
        }
        else if (!isAwaited)
        {
            return false;
        }

        if (pause <= TimeSpan.Zero)
        {
            return false;
        }

        if (isAwaited)
        {
            await acquisition.PauseAsync(pause, end).ConfigureAwait(false);
            _awaitedWait += _timeProvider.GetElapsedTime(lookedAt);
        }
        else
        {
            await acquisition.PauseUntilAwaitedAsync(pause, end).ConfigureAwait(false);
            _backgroundWait += _timeProvider.GetElapsedTime(lookedAt);
        }

        return true;
    }

    private enum ClaimOutcome
    {
        Claimed,
        ClaimedByAnother,
        Unavailable,
    }
}
