using System.Collections.Concurrent;
using System.Net;

namespace TencentCiam.TokenClient.Testing;

// The portal's addresses, and its responses while it has no fault.
internal sealed class PortalEndpoints(
    Uri authority,
    ConcurrentDictionary<string, CiamPortalApplication> applications,
    SigningKeys signingKeys,
    IssuedTokens tokens,
    TimeProvider timeProvider)
{
    public const string Token = "/oauth2/token";
    public const string Revocation = "/oauth2/revoke";

    public string Issuer { get; } = authority.AbsoluteUri.TrimEnd('/');

    public static void Validate(Uri authority)
    {
        if (!authority.IsAbsoluteUri
            || (authority.Scheme != Uri.UriSchemeHttps && authority.Scheme != Uri.UriSchemeHttp)
            || authority.UserInfo.Length > 0 || authority.Query.Length > 0 || authority.Fragment.Length > 0)
        {
            throw new ArgumentException(
                "The authority must be an absolute HTTP or HTTPS URL without user info, query or fragment.",
                nameof(authority));
        }
    }

    // Relative to the authority, which can have a path.
    public string GetPath(Uri? uri)
    {
        // A request to another server is a mistake in the test: a canned 404 would hide it.
        if (uri is not { IsAbsoluteUri: true }
            || Uri.Compare(uri, authority, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) != 0)
        {
            var target = uri is { IsAbsoluteUri: true } ? uri.GetLeftPart(UriPartial.Authority) : "a URL that is not absolute";
            throw new InvalidOperationException(
                $"The emulated CIAM portal is at {authority}, but the request is for {target}. Set the client's Authority to the "
                + "emulator's, or use another handler for requests to other servers.");
        }

        var basePath = authority.AbsolutePath.TrimEnd('/');
        return uri.AbsolutePath.StartsWith(basePath, StringComparison.Ordinal) ? uri.AbsolutePath[basePath.Length..] : "";
    }

    // Requests without client authentication. Only GET is mapped, although RFC 9110 section 9.1 requires HEAD: see
    // docs/portal-behaviour.md.
    public HttpResponseMessage Handle(HttpRequestMessage request, string path) => (request.Method.Method, path) switch
    {
        ("GET", "/oauth2/jwks") => PortalResponse.Json(HttpStatusCode.OK, signingKeys.WriteKeySet),
        ("GET", "/.well-known/openid-configuration") => Discovery.CreateResponse(Issuer),
        _ => PortalResponse.SpringError(
            HttpStatusCode.NotFound, "Not Found", request.RequestUri!.AbsolutePath, timeProvider.GetUtcNow()),
    };

    // Token and revocation requests.
    public HttpResponseMessage Handle(string path, ClientRequest client)
    {
        if (client.Content is { ErrorStatus: { } status, ErrorDescription: { } description })
        {
            return PortalResponse.Error(status, "invalid_request", description);
        }

        if (client.IsMalformed)
        {
            return PortalResponse.Error(HttpStatusCode.BadRequest, "invalid_request");
        }

        if (client.Authentication is null)
        {
            // Neither a body nor the challenge that RFC 9110 section 15.5.2 requires: see docs/portal-behaviour.md.
            return new HttpResponseMessage(HttpStatusCode.Unauthorized);
        }

        if (applications.GetValueOrDefault(client.ClientId!) is not { IsEnabled: true } application
            || application.ClientSecret != client.ClientSecret)
        {
            return PortalResponse.Error(HttpStatusCode.Unauthorized, "invalid_client");
        }

        return path == Token
            ? TokenEndpoint.Handle(application, client.Form, Issuer, signingKeys, tokens, timeProvider)
            : RevocationEndpoint.Handle(application, client.Form, tokens);
    }
}
