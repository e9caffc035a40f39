using System.Net;
using System.Text.Json;

namespace TencentCiam.TokenClient.Testing;

// GET /.well-known/openid-configuration, with exactly the members that the portal returns: they include neither the
// revocation endpoint nor the applications' scopes. See docs/portal-behaviour.md.
internal static class Discovery
{
    public static HttpResponseMessage CreateResponse(string issuer) => PortalResponse.Json(HttpStatusCode.OK, json =>
    {
        json.WriteString("issuer", issuer);
        json.WriteString("authorization_endpoint", issuer + "/oauth2/authorize");
        json.WriteString("token_endpoint", issuer + "/oauth2/token");
        WriteArray(json, "token_endpoint_auth_methods_supported", "client_secret_basic", "client_secret_post");
        json.WriteString("jwks_uri", issuer + "/oauth2/jwks");
        WriteArray(json, "response_types_supported", "code");
        WriteArray(json, "grant_types_supported", "authorization_code", "client_credentials", "refresh_token");
        WriteArray(json, "subject_types_supported", "public");
        WriteArray(json, "id_token_signing_alg_values_supported", "RS256");
        WriteArray(json, "scopes_supported", "openid");
    });

    private static void WriteArray(Utf8JsonWriter json, string name, params string[] values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
