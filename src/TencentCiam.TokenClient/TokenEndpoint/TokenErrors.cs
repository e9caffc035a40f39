using System.Net;
using Codes = TencentCiam.TokenClient.CiamTokenErrorCodes;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>
/// The catalogue of the errors that carry a code of the library: one factory per cause. Each message says what happened and
/// what to do about it. The texts of OAuth's own codes are in <see cref="CiamTokenError"/>.
/// </summary>
internal static class TokenErrors
{
    private const string CheckAuthority = "Check that the option Authority is the address of a CIAM portal";

    public static CiamTokenError.EndpointUnavailable TooManyRequests(
        TokenRequestContext context,
        string? description,
        TimeSpan? retryAfter)
        => new(
            Codes.TooManyRequests,
            $"CIAM limits the rate of token requests for {context.Application} (HTTP 429). Make sure that every process caches its "
            + "tokens. If this persists, ask the tenant's administrator for the limit.",
            HttpStatusCode.TooManyRequests,
            description,
            isTransient: true,
            retryAfter);

    public static CiamTokenError.EndpointUnavailable ServerUnavailable(
        TokenRequestContext context,
        HttpStatusCode status,
        string? description,
        TimeSpan? retryAfter)
        => new(
            Codes.ServerUnavailable,
            $"The CIAM portal currently cannot serve {context.Application} (HTTP {(int)status}). If this persists, ask the "
            + "tenant's administrator about the state of the portal.",
            status,
            description,
            isTransient: true,
            retryAfter);

    public static CiamTokenError.EndpointUnavailable RequestTimedOut(TokenRequestContext context, Exception exception)
        => new(
            Codes.Timeout,
            $"The CIAM portal did not respond to the request of {context.Application} within "
            + $"{context.Options.RequestTimeout.TotalSeconds:0.###} s. Check that this machine can reach the portal (DNS, proxy, "
            + "firewall). If the portal is slow, raise the option RequestTimeout.",
            exception: exception);

    public static CiamTokenError.EndpointUnavailable AcquisitionTimedOut(
        CiamClientCredentialsOptions options,
        TimeSpan timeout,
        Exception exception)
        => new(
            Codes.Timeout,
            $"No token could be obtained from the CIAM portal {options.Authority} within {timeout.TotalSeconds:0.###} s. Check that "
            + "this machine can reach the portal. If the portal is slow, raise the option AcquisitionTimeout.",
            exception: exception);

    public static CiamTokenError.EndpointUnavailable UntrustedCertificate(
        TokenRequestContext context,
        string problem,
        Exception exception)
        => new(
            Codes.UntrustedCertificate,
            $"The certificate of the CIAM portal for {context.Application} is not trusted: {problem} Nothing was sent. Check that "
            + "the option Authority names the right host, that the portal's certificate is valid, and that this machine trusts "
            + "its issuer.",
            isTransient: false,
            exception: exception);

    public static CiamTokenError.EndpointUnavailable ConnectionFailed(
        TokenRequestContext context,
        string problem,
        Exception exception)
        => new(
            Codes.ConnectionFailed,
            $"The CIAM portal could not be reached for {context.Application}, or the connection broke: {problem.TrimEnd('.')}. "
            + "Check the option Authority, and that this machine can reach the portal (DNS, proxy, firewall).",
            exception: exception);

    public static CiamTokenError.EndpointUnavailable HandlerFailed(TokenRequestContext context, Exception exception)
        => new(
            Codes.RequestFailed,
            $"The request of {context.Application} to the CIAM portal failed with {exception.GetType().Name}. A handler of the "
            + "token endpoint's HttpClient threw it, such as a resilience handler: see the inner exception.",
            exception: exception);

    public static CiamTokenError.EndpointUnavailable HttpClientNotCreated(
        CiamClientCredentialsOptions options,
        Exception exception)
        => new(
            Codes.RequestFailed,
            $"No token was requested from the CIAM portal {options.Authority}, because creating the HttpClient for it failed with "
            + $"{exception.GetType().Name}. Check the configuration of the token endpoint's HttpClient: see the inner exception.",
            exception: exception);

    /// <param name="context">The request.</param>
    /// <param name="status">The status of the response.</param>
    /// <param name="target">Where the redirect leads, with no secret in it.</param>
    public static CiamTokenError.UnusableResponse Redirect(TokenRequestContext context, HttpStatusCode status, string target)
        => new(
            Codes.Redirect,
            $"The CIAM portal redirected the request of {context.Application} (HTTP {(int)status}) to {target}. The redirect was "
            + "not followed, because that would send the secret there. Set the option Authority to the portal's actual address.",
            status);

    /// <param name="context">The request.</param>
    /// <param name="status">The status of the response.</param>
    /// <param name="content">What the response's body is, with no secret in it.</param>
    public static CiamTokenError.UnusableResponse UnexpectedStatus(
        TokenRequestContext context,
        HttpStatusCode status,
        string content)
        => new(
            Codes.UnexpectedStatus,
            $"The CIAM portal responded to the request of {context.Application} with HTTP {(int)status} and no OAuth error "
            + $"({content}). {CheckAuthority} with no extra path, and that no proxy or firewall responds in its place.",
            status);

    /// <param name="context">The request.</param>
    /// <param name="status">The status of the response.</param>
    /// <param name="content">What the response's body is, with no secret in it.</param>
    public static CiamTokenError.UnusableResponse ResponseTooLarge(
        TokenRequestContext context,
        HttpStatusCode status,
        string content)
        => new(
            Codes.ResponseTooLarge,
            $"The CIAM portal responded to the request of {context.Application} with more than {BoundedBody.MaxBytes} bytes "
            + $"({content}). {CheckAuthority}.",
            status);

    /// <param name="context">The request.</param>
    /// <param name="content">What the response's body is, with no secret in it.</param>
    public static CiamTokenError.UnusableResponse NotJson(TokenRequestContext context, string content)
        => new(
            Codes.NotJson,
            $"The CIAM portal responded to the request of {context.Application} with something other than a JSON object, or with "
            + $"conflicting duplicate members ({content}). Either a proxy or a login page responds in its place, or the option "
            + "Authority is not the address of a CIAM portal.");

    public static CiamTokenError.UnusableResponse NoAccessToken(TokenRequestContext context, string? description)
        => new(
            Codes.NoAccessToken,
            $"The CIAM portal responded to the request of {context.Application} without an access_token. {CheckAuthority}.",
            description: description);

    public static CiamTokenError.UnusableResponse MalformedAccessToken(TokenRequestContext context)
        => new(
            Codes.NoAccessToken,
            $"The CIAM portal responded to the request of {context.Application} with an access_token that contains characters "
            + $"which a bearer token cannot have (RFC 6750 section 2.1). {CheckAuthority}.");

    /// <param name="context">The request.</param>
    /// <param name="tokenType">The token_type of the response, with no secret in it; null when it is missing.</param>
    public static CiamTokenError.UnusableResponse UnsupportedTokenType(TokenRequestContext context, string? tokenType)
        => new(
            Codes.UnsupportedTokenType,
            $"The CIAM portal responded to the request of {context.Application} with a token whose token_type is "
            + $"{(tokenType is null ? "missing" : $"\"{tokenType}\"")}; only Bearer is supported. Check the application's settings "
            + "in the CIAM console.");
}
