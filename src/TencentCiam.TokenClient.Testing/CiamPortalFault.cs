using System.Net;
using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.Testing;

/// <summary>
/// A fault of a <see cref="CiamPortalEmulator"/>, for <see cref="CiamPortalEmulator.FailNext"/> and
/// <see cref="CiamPortalEmulator.Outage"/>. A fault can be used any number of times.
/// </summary>
public sealed class CiamPortalFault
{
    private readonly Responder _respond;

    private CiamPortalFault(Responder respond)
    {
        _respond = respond;
    }

    private delegate Task<HttpResponseMessage> Responder(
        HttpRequestMessage request,
        Func<HttpResponseMessage> respondAsUsual,
        TimeProvider timeProvider,
        CancellationToken cancellationToken);

    /// <summary>The portal, or a gateway in front of it, sends this response.</summary>
    /// <param name="statusCode">The status code.</param>
    /// <param name="body">The body. Default: none.</param>
    /// <param name="contentType">The Content-Type of the body, sent exactly as given; null to omit the header.</param>
    /// <param name="retryAfter">The Retry-After header, rounded up to seconds. Default: none.</param>
    /// <returns>The fault.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retryAfter"/> is negative.</exception>
    public static CiamPortalFault Respond(
        HttpStatusCode statusCode,
        string? body = null,
        string? contentType = PortalResponse.JsonWithCharset,
        TimeSpan? retryAfter = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(retryAfter.GetValueOrDefault(), TimeSpan.Zero, nameof(retryAfter));
        return Respond(_ =>
        {
            var response = body is null
                ? new HttpResponseMessage(statusCode)
                : PortalResponse.Text(statusCode, body, contentType);
            if (retryAfter is { } delay)
            {
                response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(Math.Ceiling(delay.TotalSeconds)));
            }

            return response;
        });
    }

    /// <summary>The test creates the response, for anything that the other faults do not cover.</summary>
    /// <param name="respond">Creates a new response for each request.</param>
    /// <returns>The fault.</returns>
    public static CiamPortalFault Respond(Func<HttpRequestMessage, HttpResponseMessage> respond)
    {
        ArgumentNullException.ThrowIfNull(respond);
        return new CiamPortalFault((request, _, _, _) => Task.FromResult(respond(request)));
    }

    /// <summary>An OAuth error response (RFC 6749 section 5.2), as JSON.</summary>
    /// <param name="code">The value of <c>error</c>.</param>
    /// <param name="description">The value of <c>error_description</c>. Default: none.</param>
    /// <param name="statusCode">The status code. Default: 400.</param>
    /// <returns>The fault.</returns>
    /// <exception cref="ArgumentException"><paramref name="code"/> is empty.</exception>
    public static CiamPortalFault OAuthError(
        string code,
        string? description = null,
        HttpStatusCode statusCode = HttpStatusCode.BadRequest)
        => OAuthError(code, description, statusCode, retryAfter: null);

    /// <summary>503 with the error <c>temporarily_unavailable</c>.</summary>
    /// <param name="retryAfter">The Retry-After header, rounded up to seconds. Default: none.</param>
    /// <returns>The fault.</returns>
    public static CiamPortalFault TemporarilyUnavailable(TimeSpan? retryAfter = null)
        => OAuthError(
            "temporarily_unavailable",
            "The portal is temporarily unavailable.",
            HttpStatusCode.ServiceUnavailable,
            retryAfter);

    /// <summary>429 without a body.</summary>
    /// <param name="retryAfter">The Retry-After header, rounded up to seconds. Default: none.</param>
    /// <returns>The fault.</returns>
    public static CiamPortalFault TooManyRequests(TimeSpan? retryAfter = null)
        => Respond(HttpStatusCode.TooManyRequests, retryAfter: retryAfter);

    /// <summary>502 with the HTML error page of a gateway.</summary>
    /// <returns>The fault.</returns>
    public static CiamPortalFault BadGateway()
        => Respond(
            HttpStatusCode.BadGateway,
            "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n",
            "text/html");

    /// <summary>
    /// 500 with Spring Boot's own JSON body, as when the portal itself fails. Its <c>error</c> is not an OAuth error code.
    /// </summary>
    /// <returns>The fault.</returns>
    public static CiamPortalFault InternalServerError()
        => new(static (request, _, timeProvider, _) => Task.FromResult(PortalResponse.SpringError(
            HttpStatusCode.InternalServerError,
            "Internal Server Error",
            request.RequestUri!.AbsolutePath,
            timeProvider.GetUtcNow())));

    /// <summary>
    /// The connection fails with an <see cref="HttpRequestException"/> with <see cref="HttpRequestError.ConnectionError"/>.
    /// </summary>
    /// <returns>The fault.</returns>
    public static CiamPortalFault ConnectionFailure()
        => Respond(request => throw new HttpRequestException(
            HttpRequestError.ConnectionError,
            $"Connection refused ({request.RequestUri!.Host}:{request.RequestUri.Port})"));

    /// <summary>No response: the request ends when the client cancels it or times out.</summary>
    /// <returns>The fault.</returns>
    public static CiamPortalFault Hang() => Wait(Timeout.InfiniteTimeSpan);

    /// <summary>The usual response, but late.</summary>
    /// <param name="delay">The delay, on the emulator's clock.</param>
    /// <returns>The fault.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="delay"/> is negative.</exception>
    public static CiamPortalFault Delay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return Wait(delay);
    }

    /// <summary>
    /// The usual response, but the connection ends after half of its body: reading the rest throws an
    /// <see cref="HttpIOException"/> with <see cref="HttpRequestError.ResponseEnded"/>. A token in the response is active.
    /// </summary>
    /// <returns>The fault.</returns>
    public static CiamPortalFault TruncatedResponse() => new(static async (_, respondAsUsual, _, cancellationToken) =>
    {
        var response = respondAsUsual();
        response.Content = await TruncatedStream.TruncateAsync(response.Content, cancellationToken).ConfigureAwait(false);
        return response;
    });

    internal Task<HttpResponseMessage> RespondAsync(
        HttpRequestMessage request,
        Func<HttpResponseMessage> respondAsUsual,
        TimeProvider timeProvider,
        CancellationToken cancellationToken)
        => _respond(request, respondAsUsual, timeProvider, cancellationToken);

    private static CiamPortalFault OAuthError(string code, string? description, HttpStatusCode statusCode, TimeSpan? retryAfter)
    {
        ArgumentException.ThrowIfNullOrEmpty(code);
        var body = PortalJson.Write(json =>
        {
            json.WriteString("error", code);
            if (description is not null)
            {
                json.WriteString("error_description", description);
            }
        });
        return Respond(statusCode, body, retryAfter: retryAfter);
    }

    private static CiamPortalFault Wait(TimeSpan delay) => new(async (_, respondAsUsual, timeProvider, cancellationToken) =>
    {
        await Task.Delay(delay, timeProvider, cancellationToken).ConfigureAwait(false);
        return respondAsUsual();
    });
}
