using Microsoft.Coyote.Random;
using Microsoft.Coyote.Specifications;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.InterleavingTests;

/// <summary>Responds when Coyote chooses: with a token or, where it may fail, with a token or an error.</summary>
internal sealed class ControlledPortal(ControlledClock clock, Generator random) : TokenRequester(null!, null!, "", clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(300);

    private int _pending;

    public bool MayFail { get; set; }

    public int Requests { get; private set; }

    public int Failures { get; private set; }

    public override Task<CiamTokenResult> RequestTokenOnOwnThreadAsync(
        CiamClientCredentialsOptions options,
        string scope,
        CancellationToken cancellationToken)
        => RequestTokenAsync(options, scope, cancellationToken);

    public override async Task<CiamTokenResult> RequestTokenAsync(
        CiamClientCredentialsOptions options,
        string scope,
        CancellationToken cancellationToken)
    {
        Specification.Assert(Interlocked.Increment(ref _pending) == 1, "At most one acquisition runs at a time.");
        var number = ++Requests;
        await Task.Yield();
        Interlocked.Decrement(ref _pending);
        if (!MayFail || random.NextBoolean())
        {
            return new CiamTokenResult.Success(new CiamAccessToken($"token-{number}", Lifetime, clock.GetUtcNow() + Lifetime));
        }

        Failures++;
        return new CiamTokenResult.Failure(
            random.NextBoolean() ? new CiamTokenError.EndpointUnavailable() : new CiamTokenError.InvalidClient());
    }
}
