using System.Net;
using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.Testing;

// An API that trusts one portal's tokens. It asks the portal whether they are active, which a real one cannot do.
internal sealed class ResourceServerHandler(CiamPortalEmulator portal, Func<HttpRequestMessage, HttpResponseMessage> respond)
    : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => Task.FromResult(Send(request, cancellationToken));

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var response = Reject(request.Headers.Authorization) ?? respond(request);
        response.RequestMessage = request;
        return response;
    }

    private HttpResponseMessage? Reject(AuthenticationHeaderValue? authorization)
    {
        if (authorization is not { Parameter: { } accessToken }
            || !authorization.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            // RFC 6750 section 3.1: no error code for whoever did not know that a token is needed.
            return Challenge(null);
        }

        // [D] The same for a token that is malformed, expired or revoked.
        return portal.IsActive(accessToken)
            ? null
            : Challenge("error=\"invalid_token\", error_description=\"Error decoding JWT\", "
                + "error_uri=\"https://tools.ietf.org/html/rfc6750#section-3.1\"");
    }

    private static HttpResponseMessage Challenge(string? parameter)
    {
        var response = new HttpResponseMessage(HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.Add(new AuthenticationHeaderValue("Bearer", parameter));
        return response;
    }
}
