using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>One caller's call, asynchronous or on a thread of its own.</summary>
internal sealed class Call
{
    private static readonly AsyncLocal<Call?> Calling = new();

    private volatile bool _hasLimit;
    private volatile bool _isPastLimit;
    private Thread? _thread;

    /// <summary>The call in whose flow this is executed. Acquisitions have a flow of their own.</summary>
    public static Call? Current => Calling.Value;

    public required TimeSpan StartedAt { get; init; }

    /// <summary>Whether it waits only for some of the time that the token at hand has left, should it wait.</summary>
    public required bool ShouldHaveLimit { get; init; }

    /// <summary>The acquisition that it waits for.</summary>
    public AcquisitionRecord? Acquisition { get; set; }

    public bool IsSynchronous => _thread is not null;

    public Task<CiamAccessToken> Outcome { get; private set; } = null!;

    public CiamTokenError? Error => (Outcome.Exception?.InnerException as CiamTokenException)?.Error;

    /// <summary>Whether the time for which it waits has passed.</summary>
    public bool IsPastLimit => _isPastLimit;

    /// <summary>Whether nothing happens until the acquisition ends or the time for which it waits has passed.</summary>
    public bool Waits => !Outcome.IsCompleted
        && _hasLimit == ShouldHaveLimit
        && _thread?.ThreadState.HasFlag(ThreadState.WaitSleepJoin) != false;

    /// <summary>Returns when the call has ended or waits.</summary>
    public async Task StartAsync(CiamTokenProvider provider, bool synchronously)
    {
        if (!synchronously)
        {
            Outcome = CallAsync(provider);
            return;
        }

        var outcome = new TaskCompletionSource<CiamAccessToken>(TaskCreationOptions.RunContinuationsAsynchronously);
        Outcome = outcome.Task;
        _thread = new Thread(() => CallSynchronously(provider, outcome)) { IsBackground = true };
        _thread.Start();
        while (!Outcome.IsCompleted && !Waits)
        {
            await Task.Yield();
        }
    }

    public void LimitSet() => _hasLimit = true;

    public void LimitPassed() => _isPastLimit = true;

    private async Task<CiamAccessToken> CallAsync(CiamTokenProvider provider)
    {
        Calling.Value = this;
        return await provider.GetTokenAsync();
    }

    private void CallSynchronously(CiamTokenProvider provider, TaskCompletionSource<CiamAccessToken> outcome)
    {
        Calling.Value = this;
        try
        {
            outcome.SetResult(provider.GetToken(scope: null, CancellationToken.None));
        }
#pragma warning disable CA1031 // It is the outcome of the call.
        catch (Exception e)
#pragma warning restore CA1031
        {
            outcome.SetException(e);
        }
    }
}
