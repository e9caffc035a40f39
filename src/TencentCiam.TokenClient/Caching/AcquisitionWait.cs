using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.Caching;

/// <summary>One caller's wait for an acquisition, asynchronous or blocking, and what the caller gets.</summary>
/// <param name="slot">The slot.</param>
/// <param name="client">What the slots of the client share.</param>
/// <param name="acquisition">The acquisition. It continues for the others when this caller cancels its wait.</param>
/// <param name="maxWait">How long to wait while the slot has an unexpired token; null for no limit.</param>
internal sealed class AcquisitionWait(
    TokenSlot slot,
    ClientContext client,
    TokenAcquisition acquisition,
    TimeSpan? maxWait)
{
    private readonly TimeProvider _timeProvider = client.TimeProvider;

    public async ValueTask<CiamAccessToken> WaitAsync(CancellationToken cancellationToken)
    {
        Task completion = acquisition.Completion;
        if (maxWait is { } limit)
        {
            await completion.WaitAsync(limit, _timeProvider, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (TryGetInstead(cancellationToken) is { } current)
            {
                return current;
            }
        }

        await completion.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Conclude(cancellationToken) ?? await slot.GetTokenAsync(cancellationToken).ConfigureAwait(false);
    }

    public CiamAccessToken Wait(CancellationToken cancellationToken)
    {
        if (maxWait is { } limit)
        {
            SynchronousWait.For(acquisition.Completion, limit, _timeProvider, cancellationToken);
            if (TryGetInstead(cancellationToken) is { } current)
            {
                return current;
            }
        }

        SynchronousWait.For(acquisition.Completion, limit: null, _timeProvider, cancellationToken);
        return Conclude(cancellationToken) ?? slot.GetToken(cancellationToken);
    }

    // If maxWait has passed before the acquisition ended: the current token, unless it has expired.
    private CiamAccessToken? TryGetInstead(CancellationToken cancellationToken)
        => acquisition.Completion.IsCompleted || cancellationToken.IsCancellationRequested
            ? null
            : Counted(LookupOutcome.LastResort, slot.Unexpired);

    // Null if the new token expired before this caller resumed. On a busy machine, that can take long.
    private CiamAccessToken? Conclude(CancellationToken cancellationToken)
    {
        if (!acquisition.Completion.IsCompleted)
        {
            Count(LookupOutcome.Cancelled);
            throw new OperationCanceledException(cancellationToken);
        }

        Exception failure;
        if (!acquisition.Completion.IsCompletedSuccessfully)
        {
            failure = acquisition.Completion.Exception!.InnerException!;
        }
        else if (acquisition.Completion.Result.TryGetToken(out var token, out var error))
        {
            return acquisition.Acquired is { } acquired && !acquired.IsUnexpired(ClockReading.Now(_timeProvider))
                ? null
                : Counted(LookupOutcome.Waited, token);
        }
        else
        {
            failure = new CiamTokenException(error);
        }

        // A token in its margin, or one that a resource has rejected, is better than none.
        if (Counted(LookupOutcome.LastResort, slot.Unexpired) is { } lastResort)
        {
            return lastResort;
        }

        Count(LookupOutcome.Failed);
        throw failure;
    }

    private CiamAccessToken? Counted(LookupOutcome outcome, CiamAccessToken? token)
    {
        if (token is not null)
        {
            Count(outcome);
        }

        return token;
    }

    private void Count(LookupOutcome outcome) => client.Metrics.LookedUp(client.NameInMetrics, outcome);
}
