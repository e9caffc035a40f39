using System.Globalization;
using System.Net;
using System.Text;

namespace TencentCiam.TokenClient;

/// <summary>
/// Why there is no token. One of six kinds, to be told apart in a <c>switch</c>: <see cref="InvalidClient"/>,
/// <see cref="UnauthorizedClient"/>, <see cref="InvalidScope"/>, <see cref="OtherOAuthError"/>,
/// <see cref="UnusableResponse"/> and <see cref="EndpointUnavailable"/>.
/// </summary>
public abstract record CiamTokenError
{
    private const int MaxTextLength = 300;
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
        Code = Clean(code);
        Description = string.IsNullOrWhiteSpace(description) ? null : Clean(Shorten(description, MaxTextLength));
        Message = Clean(Shorten(message, MaxMessageLength)) + (Description is null ? "" : $" The portal says: \"{Description}\"");
        StatusCode = statusCode;
        IsTransient = isTransient;
        RetryAfter = retryAfter;
    }

    /// <summary>
    /// The error code of RFC 6749 section 5.2 that the portal sent. For <see cref="UnusableResponse"/> and
    /// <see cref="EndpointUnavailable"/> one of the library's own, which those types list.
    /// </summary>
    public string Code { get; }

    /// <summary>
    /// What happened and what to do about it. Holds no secret, no token, and no control characters of the portal's text.
    /// </summary>
    public string Message { get; }

    /// <summary>The HTTP status of the answer; null when there was none.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>The answer's <c>error_description</c>, cleaned of control characters and shortened; null when there was none.</summary>
    public string? Description { get; }

    /// <summary>Whether asking again later, with nothing changed, may succeed.</summary>
    public bool IsTransient { get; }

    /// <summary>
    /// How long the portal asks to wait before the next request (RFC 9110 section 10.2.3), counted from its answer; null
    /// when it does not say.
    /// </summary>
    public TimeSpan? RetryAfter { get; }

    // A record's copy constructor cannot be private; a member that nobody outside can implement closes the hierarchy.
    private protected abstract void Closed();

    /// <summary>
    /// <c>invalid_client</c>, or a 401 that says nothing: the application does not exist, is switched off in the console,
    /// or the secret is wrong.
    /// </summary>
    public sealed record InvalidClient : CiamTokenError
    {
        /// <summary>Creates the error.</summary>
        /// <param name="statusCode">The HTTP status of the answer.</param>
        /// <param name="description">The answer's <c>error_description</c>.</param>
        /// <param name="application">How the message names the application and its portal.</param>
        public InvalidClient(
            HttpStatusCode? statusCode = HttpStatusCode.Unauthorized,
            string? description = null,
            string? application = null)
            : base(
                "invalid_client",
                $"CIAM refused {application ?? "the application"} (invalid_client): it does not exist there, is switched off "
                + "in the console, or its secret is wrong. In the CIAM console, find the application by its Client ID, see "
                + "that it is switched on, and compare its secret with the option ClientSecret; if it is not there, the "
                + "option ClientId or Authority is wrong.",
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
        /// <param name="statusCode">The HTTP status of the answer.</param>
        /// <param name="description">The answer's <c>error_description</c>.</param>
        /// <param name="application">How the message names the application and its portal.</param>
        public UnauthorizedClient(
            HttpStatusCode? statusCode = HttpStatusCode.BadRequest,
            string? description = null,
            string? application = null)
            : base(
                "unauthorized_client",
                $"CIAM does not let {application ?? "the application"} use the client credentials grant "
                + "(unauthorized_client). In the CIAM console it must be a Web or machine-to-machine (M2M) application with "
                + "the grant client_credentials switched on.",
                statusCode,
                description)
        {
        }

        private protected override void Closed()
        {
        }
    }

    /// <summary><c>invalid_scope</c>: a scope is unknown, not permitted to the application, or malformed.</summary>
    public sealed record InvalidScope : CiamTokenError
    {
        /// <summary>Creates the error.</summary>
        /// <param name="requestedScope">The scopes that were asked for; null when none were.</param>
        /// <param name="statusCode">The HTTP status of the answer; null when the scope was malformed and nothing was sent.</param>
        /// <param name="description">The answer's <c>error_description</c>.</param>
        /// <param name="application">How the message names the application and its portal.</param>
        public InvalidScope(
            string? requestedScope = null,
            HttpStatusCode? statusCode = HttpStatusCode.BadRequest,
            string? description = null,
            string? application = null)
            : base("invalid_scope", Explain(requestedScope, statusCode, application), statusCode, description)
        {
            RequestedScope = requestedScope;
        }

        /// <summary>The scopes that were asked for; null when none were.</summary>
        public string? RequestedScope { get; }

        private static string Explain(string? requestedScope, HttpStatusCode? statusCode, string? application)
        {
            var scope = requestedScope is null ? "a request without a scope" : $"the scope \"{Shorten(requestedScope, MaxTextLength)}\"";
            return statusCode is null
                ? $"Nothing was sent to CIAM, because {scope} is malformed (invalid_scope): write scope tokens separated by "
                    + "single spaces, with no space at either end, no quotation marks, backslashes or characters beyond "
                    + "ASCII (RFC 6749 section 3.3)."
                : $"CIAM refused {scope} for {application ?? "the application"} (invalid_scope). In the CIAM console, see which "
                    + "scopes the application may ask for; correct the option Scope or permit the scope there.";
        }

        private protected override void Closed()
        {
        }
    }

    /// <summary>Any other error code in a JSON error body, such as <c>invalid_request</c>.</summary>
    public sealed record OtherOAuthError : CiamTokenError
    {
        /// <summary>Creates the error.</summary>
        /// <param name="code">The answer's <c>error</c>.</param>
        /// <param name="statusCode">The HTTP status of the answer.</param>
        /// <param name="description">The answer's <c>error_description</c>.</param>
        /// <param name="isTransient">Whether asking again later, with nothing changed, may succeed.</param>
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
                $"CIAM refused the request of {application ?? "the application"} with the error code \"{code}\""
                + (statusCode is { } status ? $" (HTTP {(int)status})" : "")
                + (isTransient
                    ? ". This may pass by itself; if it does not, ask the tenant's administrator for the state of the portal."
                    : ". It will not pass by itself: see RFC 6749 section 5.2 for the code, and check that the option "
                        + "Authority is the address of a CIAM portal."),
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
    /// An answer that cannot be used: a 200 without a usable token, a redirect, a status that no token endpoint should
    /// give, not JSON, or too large. Mostly the option Authority does not name a CIAM portal, or something stands between.
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
        /// <param name="statusCode">The HTTP status of the answer.</param>
        /// <param name="description">The answer's <c>error_description</c>.</param>
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

    /// <summary>No answer, or one that says to come back later: network, TLS, time-out, 408, 429 and 5xx.</summary>
    /// <remarks>
    /// <see cref="Code"/> is <c>timeout</c>, <c>connection_failed</c>, <c>untrusted_certificate</c> (the only one that is
    /// not transient), <c>too_many_requests</c>, <c>server_unavailable</c> or <c>request_failed</c>.
    /// </remarks>
    public sealed record EndpointUnavailable : CiamTokenError
    {
        /// <summary>Creates the error.</summary>
        /// <param name="code">One of the library's codes.</param>
        /// <param name="message">What happened and what to do about it.</param>
        /// <param name="statusCode">The HTTP status of the answer; null when there was none.</param>
        /// <param name="description">The answer's <c>error_description</c>.</param>
        /// <param name="isTransient">Whether asking again later, with nothing changed, may succeed.</param>
        /// <param name="retryAfter">How long the portal asks to wait.</param>
        /// <param name="exception">What was thrown while the request was sent or the answer was read.</param>
        /// <exception cref="ArgumentException"><paramref name="code"/> or <paramref name="message"/> is null or blank.</exception>
        public EndpointUnavailable(
            string code = "server_unavailable",
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

        /// <summary>What was thrown while the request was sent or the answer was read; null when the portal answered.</summary>
        public Exception? Exception { get; }

        private protected override void Closed()
        {
        }
    }

    private static string Shorten(string text, int length)
        => text.Length <= length ? text : string.Concat(text.AsSpan(0, length), "...");

    // What a server or a configuration says may end up in a log or on a terminal: nothing may break the line, hide or
    // reverse text there.
    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var printable = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.PrivateUse);
            clean.Append(printable ? rune.ToString() : " ");
        }

        return clean.ToString();
    }
}
