using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

internal sealed class Caller(string? scope, TokenSlotModel slot, int optionsVersion)
{
    private CancellationTokenSource Cancellation { get; } = new();

    public string? Scope => scope;

    public TokenSlotModel Slot => slot;

    /// <summary>The index of the options in effect when the call was made.</summary>
    public int OptionsVersion => optionsVersion;

    public bool IsCancelled => Cancellation.IsCancellationRequested;

    /// <summary>When the caller gets the old token although the acquisition has not ended.</summary>
    public TimeSpan? WaitEnds { get; set; }

    public Task<CiamAccessToken> Outcome { get; private set; } = null!;

    public CiamTokenError? Error => (Outcome.Exception?.InnerException as CiamTokenException)?.Error;

    public bool GotDisposed => Outcome.Exception?.InnerException is ObjectDisposedException;

    public void Cancel() => Cancellation.Cancel();

    /// <summary>Calls on a thread of its own, and returns when the call has ended or waits.</summary>
    public async Task CallSynchronouslyAsync(CiamTokenProvider provider, bool mayWait)
    {
        var outcome = new TaskCompletionSource<CiamAccessToken>(TaskCreationOptions.RunContinuationsAsynchronously);
        Outcome = outcome.Task;
        var thread = new Thread(() =>
        {
            try
            {
                outcome.SetResult(provider.GetToken(scope, Cancellation.Token));
            }
            catch (OperationCanceledException)
            {
                outcome.SetCanceled(Cancellation.Token);
            }
#pragma warning disable CA1031 // It is the outcome of the call.
            catch (Exception e)
#pragma warning restore CA1031
            {
                outcome.SetException(e);
            }
        });
        thread.Start();
        if (mayWait)
        {
            while (!Outcome.IsCompleted && !thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin))
            {
                await Task.Yield();
            }
        }
        else
        {
            await Invariant.RequireEndAsync("a synchronous caller waits only if it needs a new token", Outcome);
        }
    }

    public void Call(CiamTokenProvider provider)
    {
        try
        {
            Outcome = provider.GetTokenAsync(scope, Cancellation.Token).AsTask();
        }
        catch (ObjectDisposedException e)
        {
            Outcome = Task.FromException<CiamAccessToken>(e);
        }
    }
}
