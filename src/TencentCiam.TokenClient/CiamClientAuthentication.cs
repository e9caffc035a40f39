namespace TencentCiam.TokenClient;

/// <summary>How the application authenticates at the token endpoint (RFC 6749 section 2.3.1).</summary>
/// <remarks>CIAM accepts both. Each request uses exactly one of them, as RFC 6749 section 2.3 requires.</remarks>
public enum CiamClientAuthentication
{
    /// <summary>Client ID and secret as form fields of the request body. This is what CIAM's documentation shows, and the default.</summary>
    ClientSecretPost = 0,

    /// <summary>Client ID and secret in an HTTP Basic header, each form-encoded first (RFC 6749 section 2.3.1).</summary>
    ClientSecretBasic = 1,
}
