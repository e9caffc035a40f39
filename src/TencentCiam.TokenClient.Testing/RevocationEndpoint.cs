using System.Net;

namespace TencentCiam.TokenClient.Testing;

// POST /oauth2/revoke (RFC 7009), after the client has been authenticated.
internal static class RevocationEndpoint
{
    public static HttpResponseMessage Handle(CiamPortalApplication application, ILookup<string, string> form, IssuedTokens tokens)
    {
        if (form["token"].Count() != 1 || string.IsNullOrWhiteSpace(form["token"].Single()))
        {
            return ParameterError("token");
        }

        // The hint itself is ignored (RFC 7009 section 2.1).
        if (form["token_type_hint"].Count() > 1)
        {
            return ParameterError("token_type_hint");
        }

        var token = form["token"].Single();
        var owner = tokens.FindOwner(token);
        if (owner is not null && owner != application.ClientId)
        {
            return PortalResponse.Error(HttpStatusCode.Unauthorized, "invalid_client");
        }

        // RFC 7009 section 2.2: 200 also for an unknown token.
        tokens.Remove(token);
        return new HttpResponseMessage(HttpStatusCode.OK);
    }

    private static HttpResponseMessage ParameterError(string parameter) => PortalResponse.Error(
        HttpStatusCode.BadRequest,
        "invalid_request",
        "OAuth 2.0 Token Revocation Parameter: " + parameter,
        "https://tools.ietf.org/html/rfc7009#section-2.1");
}
