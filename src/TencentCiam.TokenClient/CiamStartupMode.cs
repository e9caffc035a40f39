namespace TencentCiam.TokenClient;

/// <summary>When a client's first token is acquired.</summary>
public enum CiamStartupMode
{
    /// <summary>With the first call, which waits for it.</summary>
    Lazy,

    /// <summary>In the background, from the start of the host, which is not delayed. Failures are retried until there is a token.</summary>
    Warm,

    /// <summary>
    /// Before the host has started. The start waits for the token, for at most
    /// <see cref="CiamClientCredentialsOptions.AcquisitionTimeout"/>, and for several clients at the same time. A permanent error,
    /// such as a wrong secret, makes the start fail with a <see cref="CiamTokenException"/> that names the client. After a
    /// transient one, such as an outage of the portal, the host starts; the failure is logged and retried until there is a token.
    /// </summary>
    Required,
}
