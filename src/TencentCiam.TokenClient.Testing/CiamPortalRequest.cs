using System.Net;

namespace TencentCiam.TokenClient.Testing;

/// <summary>
/// A token or revocation request that a <see cref="CiamPortalEmulator"/> received. Holds neither the secret nor any token.
/// </summary>
public sealed record CiamPortalRequest
{
    internal CiamPortalRequest()
    {
    }

    /// <summary>The path that was asked for, for instance <c>/oauth2/token</c>.</summary>
    public string Path { get; internal init; } = "";

    /// <summary>The parameter <c>grant_type</c>; null when there was none.</summary>
    public string? GrantType { get; internal init; }

    /// <summary>The Client ID that the client gave, whether there is such an application or not; null when it gave none.</summary>
    public string? ClientId { get; internal init; }

    /// <summary>The parameter <c>scope</c>, as it was sent; null when there was none.</summary>
    public string? Scope { get; internal init; }

    /// <summary>How the client authenticated; null when it did not give usable credentials.</summary>
    public CiamClientAuthentication? ClientAuthentication { get; internal init; }

    /// <summary>The status of the answer; null while there is none, or when a fault gave none.</summary>
    public HttpStatusCode? StatusCode { get; internal init; }

    /// <summary>When the request came, on the emulator's clock.</summary>
    public DateTimeOffset ReceivedAt { get; internal init; }
}
