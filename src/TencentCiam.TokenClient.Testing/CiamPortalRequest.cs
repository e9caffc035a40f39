using System.Net;

namespace TencentCiam.TokenClient.Testing;

/// <summary>
/// A token or revocation request that a <see cref="CiamPortalEmulator"/> received. It holds neither the secret nor a token.
/// </summary>
public sealed record CiamPortalRequest
{
    internal CiamPortalRequest()
    {
    }

    /// <summary>The path, for example <c>/oauth2/token</c>.</summary>
    public string Path { get; internal init; } = "";

    /// <summary>The <c>grant_type</c> parameter; null if absent.</summary>
    public string? GrantType { get; internal init; }

    /// <summary>The Client ID that the client sent, whether or not such an application exists; null if absent.</summary>
    public string? ClientId { get; internal init; }

    /// <summary>The <c>scope</c> parameter, exactly as sent; null if absent.</summary>
    public string? Scope { get; internal init; }

    /// <summary>How the client authenticated; null if it sent no usable credentials.</summary>
    public CiamClientAuthentication? ClientAuthentication { get; internal init; }

    /// <summary>
    /// The status code of the response; null until there is one, or if a fault ended the request without a response.
    /// </summary>
    public HttpStatusCode? StatusCode { get; internal init; }

    /// <summary>When the request was received, on the emulator's clock.</summary>
    public DateTimeOffset ReceivedAt { get; internal init; }
}
