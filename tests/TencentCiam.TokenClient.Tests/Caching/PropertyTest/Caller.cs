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
