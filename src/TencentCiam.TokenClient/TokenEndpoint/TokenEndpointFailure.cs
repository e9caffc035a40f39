using System.Net.Sockets;
using System.Security.Authentication;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>Classifies an exception that was thrown instead of a response.</summary>
internal static class TokenEndpointFailure
{
    public static CiamTokenError.EndpointUnavailable From(Exception exception, TokenRequestContext context)
    {
        exception = RedactInvalidResponse(exception) ?? exception;
        return exception switch
        {
            // SslStream rejects a certificate with an AuthenticationException that has no inner exception. Other handshake
            // failures, which may be temporary, are an inner exception of one, or an IOException. A response that is not TLS,
            // such as a proxy's plain 503, looks like the first; only the text differs, which .NET does not translate. A trimmed
            // program may have the text's key instead, such as net_ssl_io_cert_validation.
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.SecureConnectionError,
                InnerException: AuthenticationException { InnerException: null } rejected,
            } when rejected.Message.Contains("cert", StringComparison.OrdinalIgnoreCase)
                => TokenErrors.UntrustedCertificate(context, rejected.Message, exception),

            // SocketException: HttpClient lets one through when a connection is reset as soon as it is made.
            HttpRequestException or IOException or SocketException
                => TokenErrors.ConnectionFailed(context, Innermost(exception).Message, exception),

            _ => TokenErrors.HandlerFailed(context, exception),
        };
    }

    /// <summary>
    /// Returns the exception to throw instead, or null. HttpClient quotes a line that it cannot read, as text or in hexadecimal,
    /// and the server may have repeated the secret there.
    /// </summary>
    public static HttpRequestException? RedactInvalidResponse(Exception exception)
        => exception is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }
            or HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse }
                ? new HttpRequestException(HttpRequestError.InvalidResponse, "The response is not valid HTTP.")
                : null;

    // The outer exceptions only say that the request failed, and refer to the inner one.
    private static Exception Innermost(Exception exception)
        => exception.InnerException is { } inner ? Innermost(inner) : exception;
}
