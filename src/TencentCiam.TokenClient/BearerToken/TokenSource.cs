using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>Where the token of one request comes from. It is chosen once, also for a request that is sent again.</summary>
internal readonly record struct TokenSource(ICiamTokenProvider Provider, string? Scope)
{
    public ValueTask<CiamAccessToken> GetTokenAsync(CancellationToken cancellationToken)
        => Provider.GetTokenAsync(Scope, cancellationToken);

    // The library's own provider can wait without the thread pool. A user's provider has only an asynchronous method.
    public CiamAccessToken GetToken(CancellationToken cancellationToken)
        => Provider is CiamTokenProvider own
            ? own.GetToken(Scope, cancellationToken)
            : GetTokenAsync(cancellationToken).AsTask().GetAwaiter().GetResult();
}
