using System.Net;

namespace TencentCiam.TokenClient;

/// <summary>
/// Why there is no token. One of seven kinds, to be distinguished in a <c>switch</c>: <see cref="InvalidClient"/>,
/// <see cref="UnauthorizedClient"/>, <see cref="InvalidScope"/>, <see cref="OtherOAuthError"/>,
/// <see cref="UnusableResponse"/>, <see cref="EndpointUnavailable"/> and <see cref="ClientNotConfigured"/>.
/// </summary>
public abstract record CiamTokenError
{
    private const int MaxMessageLength = 1500;

    private CiamTokenError(
        string code,
        string message,
        HttpStatusCode? statusCode,
        string? description,
        bool isTransient = false,
        TimeSpan? retryAfter = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(code);
        ArgumentException.ThrowIfNullOrWhiteSpace(message);
        Code = ServerText.Clean(code);
        Description = string.IsNullOrWhiteSpace(description) ? null : ServerText.Clean(description);
        Message = ServerText.Clean(message, MaxMessageLength)
            + (Description is null ? "" : $" The portal says: \"{Description}\"");
        StatusCode = statusCode;
        IsTransient = isTransient;
        RetryAfter = retryAfter;
    }

    /// <summary>
    /// The error code that the portal sent (RFC 6749 section 5.2). For <see cref="UnusableResponse"/>,
    /// <see cref="EndpointUnavailable"/> and <see cref="ClientNotConfigured"/> one of the library's own. <see cref="CiamTokenErrorCodes"/> has constants for all that
    /// the library knows.
    /// </summary>
    public string Code { get; }

    /// <summary>
    /// What happened and what to do about it. It contains no secret, no token, and no control characters of the portal's text.
    /// </summary>
    public string Message { get; }

    /// <summary>The HTTP status of the response; null without one.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>The response's <c>error_description</c>, shortened and without control characters; null without one.</summary>
    public string? Description { get; }

    /// <summary>Whether the same request may succeed later.</summary>
    public bool IsTransient { get; }

    /// <summary>
    /// How long the portal asks to wait before the next request (RFC 9110 section 10.2.3), counted from its response; null
    /// when it does not say.
    /// </summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>What was thrown, for the exception and the log.</summary>
    internal virtual Exception? Cause => null;

    // A record's copy constructor cannot be private; a member that other assemblies cannot implement closes the hierarchy.
    private protected abstract void Closed();

    /// <summary>
    /// <c>invalid_client</c>, or a 401 without an error code: the application does not exist, is switched off in the console,
    /// or the secret is wrong.
    /// </summary>
    public sealed record InvalidClient : CiamTokenError
    {
        /// <summary>Creates the error.</summary>
        /// <param name="statusCode">The HTTP status of the response.</param>
        /// <param name="description">The response's <c>error_description</c>.</param>
        /// <param name="application">How the message names the application and its portal.</param>
        public InvalidClient(
            HttpStatusCode? statusCode = HttpStatusCode.Unauthorized,
            string? description = null,
            string? application = null)
            : base(
                CiamTokenErrorCodes.InvalidClient,
                $"CIAM rejected {application ?? "the application"} (invalid_client): it does not exist, is switched off in the "
                + "console, or its secret is wrong. In the CIAM console, find the application by its Client ID, make sure that it "
                + "is switched on, and compare its secret with the option ClientSecret. If it is not there, the option ClientId "
                + "or Authority is wrong.",
                statusCode,
                description)
        {
        }

        private protected override void Closed()
        {
        }
    }

    /// <summary><c>unauthorized_client</c>: the application may not use the client credentials grant.</summary>
    public sealed record UnauthorizedClient : CiamTokenError
    {
        /// <summary>Creates the error.</summary>
        /// <param name="statusCode">The HTTP status of the response.</param>
        /// <param name="description">The response's <c>error_description</c>.</param>
        /// <param name="application">How the message names the application and its portal.</param>
        public UnauthorizedClient(
            HttpStatusCode? statusCode = HttpStatusCode.BadRequest,
            string? description = null,
            string? application = null)
            : base(
                CiamTokenErrorCodes.UnauthorizedClient,
                $"CIAM does not allow {application ?? "the application"} to use the client credentials grant "
                + "(unauthorized_client). In the CIAM console, it must be a Web or machine-to-machine (M2M) application with the "
                + "grant client_credentials enabled.",
                statusCode,
                description)
        {
        }

        private protected override void Closed()
        {
        }
    }

    /// <summary><c>invalid_scope</c>: a scope is unknown, not permitted for the application, or malformed.</summary>
    public sealed record InvalidScope : CiamTokenError
    {
        /// <summary>Creates the error.</summary>
        /// <param name="requestedScope">The requested scopes; null for none.</param>
        /// <param name="statusCode">The HTTP status of the response; null when the scope was malformed and nothing was sent.</param>
        /// <param name="description">The response's <c>error_description</c>.</param>
        /// <param name="application">How the message names the application and its portal.</param>
        public InvalidScope(
            string? requestedScope = null,
            HttpStatusCode? statusCode = HttpStatusCode.BadRequest,
            string? description = null,
            string? application = null)
            : base(CiamTokenErrorCodes.InvalidScope, Explain(requestedScope, statusCode, application), statusCode, description)
        {
            RequestedScope = requestedScope;
        }

        /// <summary>The requested scopes; null for none.</summary>
        public string? RequestedScope { get; }

        private static string Explain(string? requestedScope, HttpStatusCode? statusCode, string? application)
        {
            var scope = requestedScope is null ? "a request without a scope" : $"the scope \"{ServerText.Shorten(requestedScope)}\"";

            // A comma is a legal character of a scope (RFC 6749 section 3.3), but usually a separator written by mistake.
            var hint = requestedScope?.Contains(',', StringComparison.Ordinal) == true
                ? " Several scopes are separated by spaces, not by commas."
                : "";
            return (statusCode is null
                ? $"Nothing was sent to CIAM, because {scope} is malformed (invalid_scope): {TokenEndpoint.OAuthScope.Rule}."
                : $"CIAM rejected {scope} for {application ?? "the application"} (invalid_scope). In the CIAM console, check which "
                    + "scopes the application may request, and either correct the option Scope or permit the scope there.") + hint;
        }

        private protected override void Closed()
        {
        }
    }

    /// <summary>Any other error code in a JSON error body, such as <c>invalid_request</c>.</summary>
    public sealed record OtherOAuthError : CiamTokenError
    {
        /// <summary>Creates the error.</summary>
        /// <param name="code">The response's <c>error</c>.</param>
        /// <param name="statusCode">The HTTP status of the response.</param>
        /// <param name="description">The response's <c>error_description</c>.</param>
        /// <param name="isTransient">Whether the same request may succeed later.</param>
        /// <param name="retryAfter">How long the portal asks to wait.</param>
        /// <param name="application">How the message names the application and its portal.</param>
        /// <exception cref="ArgumentException"><paramref name="code"/> is null or blank.</exception>
        public OtherOAuthError(
            string code,
            HttpStatusCode? statusCode = HttpStatusCode.BadRequest,
            string? description = null,
            bool isTransient = false,
            TimeSpan? retryAfter = null,
            string? application = null)
            : base(
                code,
                $"CIAM rejected the request of {application ?? "the application"} with the error code \"{code}\""
                + (statusCode is { } status ? $" (HTTP {(int)status})" : "")
                + (isTransient
                    ? ". The request may succeed later. If this persists, ask the tenant's administrator about the state of the portal."
                    : ". Retrying will not help: see RFC 6749 section 5.2 for the code, and check that the option Authority is the "
                        + "address of a CIAM portal."),
                statusCode,
                description,
                isTransient,
                retryAfter)
        {
        }

        private protected override void Closed()
        {
        }
    }

    /// <summary>
    /// A response that cannot be used: a 200 without a usable token, a redirect, a status that no token endpoint should return,
    /// not JSON, or too large. Usually the option Authority is not the address of a CIAM portal, or a proxy responds in its place.
    /// </summary>
    /// <remarks>
    /// <see cref="Code"/> is <c>unexpected_status</c>, <c>redirect</c>, <c>not_json</c>, <c>response_too_large</c>,
    /// <c>no_access_token</c> or <c>unsupported_token_type</c>.
    /// </remarks>
    public sealed record UnusableResponse : CiamTokenError
    {
        /// <summary>Creates the error.</summary>
        /// <param name="code">One of the library's codes.</param>
        /// <param name="message">What happened and what to do about it.</param>
        /// <param name="statusCode">The HTTP status of the response.</param>
        /// <param name="description">The response's <c>error_description</c>.</param>
        /// <exception cref="ArgumentException"><paramref name="code"/> or <paramref name="message"/> is null or blank.</exception>
        public UnusableResponse(
            string code,
            string message,
            HttpStatusCode? statusCode = HttpStatusCode.OK,
            string? description = null)
            : base(code, message, statusCode, description)
        {
        }

        private protected override void Closed()
        {
        }
    }

    /// <summary>
    /// No response, or one that says the portal is currently unavailable: network, TLS, timeout, 408, 429 and 5xx.
    /// </summary>
    /// <remarks>
    /// <see cref="Code"/> is <c>timeout</c>, <c>connection_failed</c>, <c>untrusted_certificate</c> (the only one that is not
    /// transient), <c>too_many_requests</c>, <c>server_unavailable</c> or <c>request_failed</c>.
    /// </remarks>
    public sealed record EndpointUnavailable : CiamTokenError
    {
        /// <summary>Creates the error.</summary>
        /// <param name="code">One of the library's codes.</param>
        /// <param name="message">What happened and what to do about it.</param>
        /// <param name="statusCode">The HTTP status of the response; null without one.</param>
        /// <param name="description">The response's <c>error_description</c>.</param>
        /// <param name="isTransient">Whether the same request may succeed later.</param>
        /// <param name="retryAfter">How long the portal asks to wait.</param>
        /// <param name="exception">What was thrown while the request was sent or the response was read.</param>
        /// <exception cref="ArgumentException"><paramref name="code"/> or <paramref name="message"/> is null or blank.</exception>
        public EndpointUnavailable(
            string code = CiamTokenErrorCodes.ServerUnavailable,
            string message = "The CIAM portal is not available.",
            HttpStatusCode? statusCode = null,
            string? description = null,
            bool isTransient = true,
            TimeSpan? retryAfter = null,
            Exception? exception = null)
            : base(code, message, statusCode, description, isTransient, retryAfter)
        {
            Exception = exception;
        }

        /// <summary>What was thrown while the request was sent or the response was read; null when the portal responded.</summary>
        public Exception? Exception { get; }

        internal override Exception? Cause => Exception;

        private protected override void Closed()
        {
        }
    }

    /// <summary>
    /// No token was requested, because the <see cref="ICiamClientStore"/> has no client of that name, it failed, or the options
    /// that it returned are invalid.
    /// </summary>
    /// <remarks>
    /// <see cref="Code"/> is <c>client_not_found</c>, <c>client_store_failed</c> (the only one that is transient) or
    /// <c>invalid_client_options</c>.
    /// </remarks>
    public sealed record ClientNotConfigured : CiamTokenError
    {
        /// <summary>Creates the error.</summary>
        /// <param name="code">One of the library's codes.</param>
        /// <param name="message">What happened and what to do about it.</param>
        /// <param name="isTransient">Whether the store may return the client later.</param>
        /// <param name="exception">What the store threw.</param>
        /// <exception cref="ArgumentException"><paramref name="code"/> or <paramref name="message"/> is null or blank.</exception>
        public ClientNotConfigured(
            string code = CiamTokenErrorCodes.ClientNotFound,
            string message = "The client store has no client of this name.",
            bool isTransient = false,
            Exception? exception = null)
            : base(code, message, statusCode: null, description: null, isTransient)
        {
            Exception = exception;
        }

        /// <summary>What the store threw; null when it returned.</summary>
        public Exception? Exception { get; }

        internal override Exception? Cause => Exception;

        private protected override void Closed()
        {
        }
    }
}
