namespace TencentCiam.TokenClient.BearerToken;

/// <summary>Where the token of one request comes from. It is chosen once, also for a request that is sent again.</summary>
internal readonly record struct TokenSource(ICiamTokenProvider Provider, string? Scope);
