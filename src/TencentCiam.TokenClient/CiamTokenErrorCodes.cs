namespace TencentCiam.TokenClient;

/// <summary>Constants for the values of <see cref="CiamTokenError.Code"/> that the library itself knows.</summary>
public static class CiamTokenErrorCodes
{
    /// <summary>RFC 6749 section 5.2: the client authentication failed. Used by <see cref="CiamTokenError.InvalidClient"/>.</summary>
    public const string InvalidClient = "invalid_client";

    /// <summary>
    /// RFC 6749 section 5.2: the application may not use this grant. Used by <see cref="CiamTokenError.UnauthorizedClient"/>.
    /// </summary>
    public const string UnauthorizedClient = "unauthorized_client";

    /// <summary>
    /// RFC 6749 section 5.2: the scope is unknown, not permitted or malformed. Used by <see cref="CiamTokenError.InvalidScope"/>.
    /// </summary>
    public const string InvalidScope = "invalid_scope";

    /// <summary>
    /// An unexpected HTTP status without an OAuth error, such as 404. Used by <see cref="CiamTokenError.UnusableResponse"/>.
    /// </summary>
    public const string UnexpectedStatus = "unexpected_status";

    /// <summary>A redirect, which is never followed. Used by <see cref="CiamTokenError.UnusableResponse"/>.</summary>
    public const string Redirect = "redirect";

    /// <summary>
    /// A 200 whose body is not a JSON object, or one with conflicting duplicate members. Used by
    /// <see cref="CiamTokenError.UnusableResponse"/>.
    /// </summary>
    public const string NotJson = "not_json";

    /// <summary>A body of more than 1 MiB. Used by <see cref="CiamTokenError.UnusableResponse"/>.</summary>
    public const string ResponseTooLarge = "response_too_large";

    /// <summary>
    /// A 200 without an access token, or with one that is not a bearer token (RFC 6750 section 2.1). Used by
    /// <see cref="CiamTokenError.UnusableResponse"/>.
    /// </summary>
    public const string NoAccessToken = "no_access_token";

    /// <summary>
    /// A token whose type is not Bearer (RFC 6749 section 7.1). Used by <see cref="CiamTokenError.UnusableResponse"/>.
    /// </summary>
    public const string UnsupportedTokenType = "unsupported_token_type";

    /// <summary>
    /// No response within <see cref="CiamClientCredentialsOptions.RequestTimeout"/>, or no token within
    /// <see cref="CiamClientCredentialsOptions.AcquisitionTimeout"/>. Used by <see cref="CiamTokenError.EndpointUnavailable"/>.
    /// </summary>
    public const string Timeout = "timeout";

    /// <summary>
    /// The portal could not be reached, or the connection broke. Used by <see cref="CiamTokenError.EndpointUnavailable"/>.
    /// </summary>
    public const string ConnectionFailed = "connection_failed";

    /// <summary>
    /// The portal's certificate is not trusted; nothing was sent. Not transient. Used by
    /// <see cref="CiamTokenError.EndpointUnavailable"/>.
    /// </summary>
    public const string UntrustedCertificate = "untrusted_certificate";

    /// <summary>HTTP 429. Used by <see cref="CiamTokenError.EndpointUnavailable"/>.</summary>
    public const string TooManyRequests = "too_many_requests";

    /// <summary>HTTP 408 or 5xx. Used by <see cref="CiamTokenError.EndpointUnavailable"/>.</summary>
    public const string ServerUnavailable = "server_unavailable";

    /// <summary>
    /// The token endpoint's HttpClient could not be created, or one of its handlers threw. Used by
    /// <see cref="CiamTokenError.EndpointUnavailable"/>.
    /// </summary>
    public const string RequestFailed = "request_failed";

    /// <summary>
    /// The <see cref="ICiamClientStore"/> has no client of the requested name. Used by
    /// <see cref="CiamTokenError.ClientNotConfigured"/>.
    /// </summary>
    public const string ClientNotFound = "client_not_found";

    /// <summary>
    /// The <see cref="ICiamClientStore"/> threw an exception, or did not return in time. Used by
    /// <see cref="CiamTokenError.ClientNotConfigured"/>.
    /// </summary>
    public const string ClientStoreFailed = "client_store_failed";

    /// <summary>
    /// The <see cref="ICiamClientStore"/> returned options that are invalid. Used by
    /// <see cref="CiamTokenError.ClientNotConfigured"/>.
    /// </summary>
    public const string InvalidClientOptions = "invalid_client_options";
}
