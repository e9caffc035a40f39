using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

/// <summary>The samples of CIAM's documentation, byte for byte except for random values.</summary>
public sealed partial class DocumentedSampleTests : IDisposable
{
    private readonly CiamPortalEmulator _portal = CreatePortal(
        new Uri("https://sample.portal.tencentciam.com"),
        new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1640588828)));

    public DocumentedSampleTests()
    {
        var application = _portal.AddApplication("TENANT_CLIENT_ID", "TENANT_CLIENT_SECRET");
        application.Scopes = ["identity_proofing"];
        application.AccessTokenLifetime = TimeSpan.FromSeconds(300);
    }

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task The_sample_request_returns_the_sample_response()
    {
        using var response = await RequestAsync();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("application/json;charset=UTF-8", response.RawContentType());
        Assert.Equal(
            """{"access_token":"TOKEN","scope":"identity_proofing","token_type":"Bearer","expires_in":299}""",
            Token().Replace(await response.BodyAsync(), "TOKEN"));
    }

    [Fact]
    public async Task The_token_decodes_to_the_sample_header_and_payload()
    {
        using var response = await RequestAsync();

        var parts = Token().Match(await response.BodyAsync()).Value.Split('.');
        Assert.Equal(3, parts.Length);
        Assert.Equal(
            """{"kid":"UUID","typ":"JWT","alg":"RS256"}""",
            Uuid().Replace(Base64UrlEncoder.Decode(parts[0]), "UUID"));
        Assert.Equal(
            """{"sub":"TENANT_CLIENT_ID","aud":"TENANT_CLIENT_ID","nbf":1640588828,"scope":["identity_proofing"],"iss":"https:\/\/sample.portal.tencentciam.com","exp":1640589128,"iat":1640588828,"jti":"UUID"}""",
            Uuid().Replace(Base64UrlEncoder.Decode(parts[1]), "UUID"));
    }

    [Fact]
    public async Task The_sample_key_is_published_as_the_sample_key_set()
    {
        const string Modulus = "wYmf-IL7_pXqEjtfHme7KqS06hRQ0BzhTzORjgwnsJD_CPexMHQAd82vZfOQioW9oaMXTiSAtkXslxNIxKVjiYMVzTLHQ9nqCARHOAONiftvcOyMiDGwI_ZV2u2ltHCbQ1w8sMpREMxLiW46TYHANSQwgzg9gLojhzPEUmAS0ksTx3UURmQGLnFBEh6Ydbj8tPNnNxfZHRLtqTD0FwLpPrn3wJvQRxNk_fcrJexM5v96XdQ1SLhhcIAMyqU-_-3IkyWIcS-Z-EvZCiKNJPCfVIEpWdz0oQdGXdADSRU8cV_sl-YmUWSE355PSzK1UmbvNJWLMsO67ZsgZyetcvkaIw";
        using var key = RSA.Create(new RSAParameters { Modulus = Base64UrlEncoder.DecodeBytes(Modulus), Exponent = [1, 0, 1] });
        using var portal = new CiamPortalEmulator(signingKey: key);

        var keySet = await portal.GetStringAsync("/oauth2/jwks");

        Assert.Equal(
            $$"""{"keys":[{"kty":"RSA","e":"AQAB","kid":"UUID","n":"{{Modulus}}"}]}""",
            Uuid().Replace(keySet, "UUID"));
    }

    [Fact]
    public async Task The_discovery_document_is_the_sample_document()
    {
        using var client = _portal.CreateClient();

        using var response = await client.GetAsync(new Uri("/.well-known/openid-configuration", UriKind.Relative), Cancellation);

        Assert.Equal(
            """{"issuer":"https://sample.portal.tencentciam.com","authorization_endpoint":"https://sample.portal.tencentciam.com/oauth2/authorize","token_endpoint":"https://sample.portal.tencentciam.com/oauth2/token","token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"],"jwks_uri":"https://sample.portal.tencentciam.com/oauth2/jwks","response_types_supported":["code"],"grant_types_supported":["authorization_code","client_credentials","refresh_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"],"scopes_supported":["openid"]}""",
            await response.BodyAsync());
        Assert.Equal("application/json", response.RawContentType());
    }

    [Fact]
    public async Task The_sample_Basic_header_authenticates()
    {
        using var response = await _portal.PostTokenAsync(
            "grant_type=client_credentials",
            "Basic VEVOQU5UX0NMSUVOVF9JRDpURU5BTlRfQ0xJRU5UX1NFQ1JFVA==");

        Assert.Equal(200, (int)response.StatusCode);
    }

    private Task<HttpResponseMessage> RequestAsync() => _portal.PostTokenAsync(
        "grant_type=client_credentials&client_id=TENANT_CLIENT_ID&client_secret=TENANT_CLIENT_SECRET&scope=identity_proofing");

    [GeneratedRegex(@"eyJ[A-Za-z0-9._-]+")]
    private static partial Regex Token();

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex Uuid();
}
