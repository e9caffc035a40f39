using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Tests.Caching;

/// <summary>What a slot that a test creates by itself requests its tokens from.</summary>
internal sealed class SlotPortal(TestClock clock) : TokenRequester(null!, null!, "", clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(299);

    private TaskCompletionSource<CiamTokenResult>? _held;
    private int _tokens;

    public int Requests { get; private set; }

    public int RequestsOnOwnThread { get; private set; }

    public CiamTokenResult? Result { get; set; }

    /// <summary>What the next request throws.</summary>
    public Exception? Throw { get; set; }

    /// <summary>Holds the next response until the test sets it.</summary>
    public TaskCompletionSource<CiamTokenResult> Hold() => _held = new();

    public CiamTokenResult.Success Token(TimeSpan lifetime)
        => new(new CiamAccessToken($"token-{++_tokens}", lifetime, clock.GetUtcNow() + lifetime));

    public override Task<CiamTokenResult> RequestTokenAsync(
        CiamClientCredentialsOptions options, string scope, CancellationToken cancellationToken)
    {
        Requests++;
        if (Throw is { } exception)
        {
            Throw = null;
            throw exception;
        }

        return Interlocked.Exchange(ref _held, null)?.Task ?? Task.FromResult(Result ?? Token(Lifetime));
    }

    public override Task<CiamTokenResult> RequestTokenOnOwnThreadAsync(
        CiamClientCredentialsOptions options, string scope, CancellationToken cancellationToken)
    {
        RequestsOnOwnThread++;
        return RequestTokenAsync(options, scope, cancellationToken);
    }
}
