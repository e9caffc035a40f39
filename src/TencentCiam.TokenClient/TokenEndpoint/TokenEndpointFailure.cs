using System.Net.Sockets;
using System.Security.Authentication;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>Judges what was thrown in place of an answer.</summary>
internal static class TokenEndpointFailure
{
    public static CiamTokenError.EndpointUnavailable TimedOut(TokenRequestContext context, Exception exception)
        => new(
            "timeout",
            $"The CIAM portal did not answer the request of {context.Application} within "
            + $"{context.Options.RequestTimeout.TotalSeconds:0.###} s. Check "
            + "that this machine reaches the portal (DNS, proxy, firewall); if the portal is slow, raise the option "
            + "RequestTimeout.",
            exception: exception);

    public static CiamTokenError.EndpointUnavailable From(Exception exception, TokenRequestContext context)
    {
        exception = RedactInvalidResponse(exception) ?? exception;
        return exception switch
        {
            // SslStream refuses a certificate with an AuthenticationException of its own; what else breaks a handshake
            // comes inside one, or as an IOException, and may pass. So may bytes that are no TLS at all, such as a proxy's
            // plain 503: of those only the text, which .NET does not translate, tells the certificate.
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.SecureConnectionError,
                InnerException: AuthenticationException { InnerException: null } refused,
            } when refused.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase) => new(
                "untrusted_certificate",
                $"The certificate of the CIAM portal for {context.Application} is not trusted: {refused.Message} Nothing was "
                + "sent. Check that the option Authority names the right host, that the portal's certificate is in force, and "
                + "that this machine trusts its issuer.",
                isTransient: false,
                exception: exception),

            // SocketException: HttpClient lets one out as it is when a connection is reset as soon as it is made.
            HttpRequestException or IOException or SocketException => new(
                "connection_failed",
                $"The CIAM portal could not be reached for {context.Application}, or the connection broke: "
                + $"{Innermost(exception).Message.TrimEnd('.')}. Check the option Authority, and that this machine reaches the portal (DNS, proxy, "
                + "firewall).",
                exception: exception),

            _ => new(
                "request_failed",
                $"The request of {context.Application} to the CIAM portal failed with {exception.GetType().Name}. It was thrown "
                + "by a handler of the token endpoint's HttpClient, such as a resilience handler: see the inner exception.",
                exception: exception),
        };
    }

    // The outer ones only say that the request failed, and to see the inner one.
    private static Exception Innermost(Exception exception)
        => exception.InnerException is { } inner ? Innermost(inner) : exception;

    /// <summary>
    /// What to throw instead, or null. HttpClient quotes a line that it cannot read, as text or in hexadecimal, and a server
    /// may repeat there what it was sent.
    /// </summary>
    public static HttpRequestException? RedactInvalidResponse(Exception exception)
        => exception is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }
            or HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse }
                ? new HttpRequestException(HttpRequestError.InvalidResponse, "The answer is not HTTP that can be read.")
                : null;
}
