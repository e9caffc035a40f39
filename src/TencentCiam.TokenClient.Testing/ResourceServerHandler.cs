using System.Net;
using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.Testing;

// An API that accepts the tokens of one portal. It looks up in the portal whether a token is active, which a real API cannot do.
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
            // RFC 6750 section 3.1: no error code if the request has no token.
            return Challenge(null);
        }

        // The same for a malformed, expired or revoked token: see docs/portal-behaviour.md.
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
