using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

internal sealed class Caller(string? scope, TokenSlotModel slot, int since)
{
    private CancellationTokenSource Cancellation { get; } = new();

    public string? Scope => scope;

    public TokenSlotModel Slot => slot;

    /// <summary>Which options were in force.</summary>
    public int Since => since;

    public bool IsCancelled => Cancellation.IsCancellationRequested;

    public TimeSpan? PatienceEnds { get; set; }

    public Task<CiamAccessToken> Outcome { get; private set; } = null!;

    public CiamTokenError? Error => (Outcome.Exception?.InnerException as CiamTokenException)?.Error;

    public bool IsToldOfDisposal => Outcome.Exception?.InnerException is ObjectDisposedException;

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
