namespace TencentCiam.TokenClient;

/// <summary>How the application proves who it is at the token endpoint (RFC 6749 section 2.3.1).</summary>
/// <remarks>CIAM accepts both. Exactly one of them is used for a request, as RFC 6749 section 2.3 demands.</remarks>
public enum CiamClientAuthentication
{
    /// <summary>Client ID and secret as form fields of the request's body. What CIAM's documents show, and the default.</summary>
    ClientSecretPost = 0,

    /// <summary>Client ID and secret in an HTTP Basic header, each form-encoded first (RFC 6749 section 2.3.1).</summary>
    ClientSecretBasic = 1,
}
