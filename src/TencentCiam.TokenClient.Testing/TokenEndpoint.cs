using System.Net;
using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.Testing;

// POST /oauth2/token, after the client has been authenticated. The checks are in the server's order: see
// docs/portal-behaviour.md.
internal static class TokenEndpoint
{
    public static HttpResponseMessage Handle(
        CiamPortalApplication application,
        ILookup<string, string> form,
        string issuer,
        SigningKeys signingKeys,
        IssuedTokens tokens,
        TimeProvider timeProvider)
    {
        if (form["grant_type"].Count() != 1)
        {
            return ParameterError("invalid_request", "grant_type");
        }

        if (form["grant_type"].Single() != "client_credentials")
        {
            return ParameterError("unsupported_grant_type", "grant_type");
        }

        // Two empty ones count as no scope.
        if (!string.IsNullOrWhiteSpace(form["scope"].FirstOrDefault()) && form["scope"].Count() > 1)
        {
            return ParameterError("invalid_request", "scope");
        }

        if (!application.AllowsClientCredentials)
        {
            return PortalResponse.Error(HttpStatusCode.BadRequest, "unauthorized_client");
        }

        var permitted = application.Scopes;
        if (GetGrantedScopes(form["scope"].FirstOrDefault(), permitted) is not { } granted)
        {
            return PortalResponse.Error(HttpStatusCode.BadRequest, "invalid_scope");
        }

        var lifetime = application.AccessTokenLifetime;
        var issuedAt = DateTimeOffset.FromUnixTimeSeconds(timeProvider.GetUtcNow().ToUnixTimeSeconds());
        var accessToken = CreateAccessToken(application.ClientId, granted, issuer, issuedAt, issuedAt + lifetime, signingKeys);
        tokens.Add(accessToken, application.ClientId, issuedAt + lifetime);
        return CreateSuccessResponse(accessToken, granted, lifetime);
    }

    // Null: a requested scope is not permitted.
    private static string[]? GetGrantedScopes(string? requested, IReadOnlyCollection<string> permitted)
    {
        if (string.IsNullOrWhiteSpace(requested))
        {
            // All permitted scopes: see docs/portal-behaviour.md. RFC 6749 section 3.3 leaves the choice to the server.
            return [.. permitted];
        }

        // A double, leading or trailing space makes an empty scope, which is never permitted. The response does not keep the
        // requested order; here, it is sorted. See docs/portal-behaviour.md.
        var scopes = requested.Split(' ').Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        return scopes.All(permitted.Contains) ? scopes : null;
    }

    private static string CreateAccessToken(
        string clientId,
        string[] scopes,
        string issuer,
        DateTimeOffset issuedAt,
        DateTimeOffset expiresAt,
        SigningKeys signingKeys)
    {
        var payload = PortalJson.Write(json =>
        {
            json.WriteString("sub", clientId);
            json.WriteString("aud", clientId);
            json.WriteNumber("nbf", issuedAt.ToUnixTimeSeconds());
            if (scopes.Length > 0)
            {
                json.WriteStartArray("scope");
                foreach (var scope in scopes)
                {
                    json.WriteStringValue(scope);
                }

                json.WriteEndArray();
            }

            json.WriteString("iss", issuer);
            json.WriteNumber("exp", expiresAt.ToUnixTimeSeconds());
            json.WriteNumber("iat", issuedAt.ToUnixTimeSeconds());
            json.WriteString("jti", Guid.NewGuid());
        });

        // The server escapes slashes, as RFC 8259 section 7 allows. In JSON, a slash occurs only within strings.
        return signingKeys.Sign(payload.Replace("/", "\\/", StringComparison.Ordinal), expiresAt);
    }

    private static HttpResponseMessage ParameterError(string code, string parameter) => PortalResponse.Error(
        HttpStatusCode.BadRequest,
        code,
        "OAuth 2.0 Parameter: " + parameter,
        "https://datatracker.ietf.org/doc/html/rfc6749#section-5.2");

    private static HttpResponseMessage CreateSuccessResponse(string accessToken, string[] scopes, TimeSpan lifetime)
    {
        var response = PortalResponse.Json(
            HttpStatusCode.OK,
            json =>
            {
                json.WriteString("access_token", accessToken);
                if (scopes.Length > 0)
                {
                    json.WriteString("scope", string.Join(' ', scopes));
                }

                json.WriteString("token_type", "Bearer");

                // The remaining lifetime when the response is written, truncated: always one second less.
                json.WriteNumber("expires_in", (long)lifetime.TotalSeconds - 1);
            },
            PortalResponse.JsonWithCharset);

        // RFC 6749 section 5.1.
        response.Headers.CacheControl = new CacheControlHeaderValue { NoStore = true };
        response.Headers.Pragma.ParseAdd("no-cache");
        return response;
    }
}
