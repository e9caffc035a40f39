using System.IdentityModel.Tokens.Jwt;
using System.Net;
using System.Text;
using Microsoft.IdentityModel.Tokens;
using RichardSzalay.MockHttp;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

public sealed class TokenResponseTests
{
    [Fact]
    public async Task The_documented_response_is_read_completely()
    {
        using var wire = new WireClient();
        wire.Endpoint.When("*").Respond("application/json", Documented.Response);

        var result = await wire.Client.RequestTokenAsync("identity_proofing", TestContext.Current.CancellationToken);

        Assert.True(result.TryGetToken(out var token, out _));
        Assert.Equal(Documented.AccessToken, token.Value);
        Assert.Equal("identity_proofing", token.Scope);
        Assert.Equal(TimeSpan.FromSeconds(299), token.Lifetime);
        Assert.Equal(wire.Clock.GetUtcNow().AddSeconds(299), token.ExpiresAt);
    }

    [Fact]
    public async Task The_documented_token_validates_with_the_documented_keys_and_has_the_documented_claims()
    {
        var token = await WireClient.JudgeTokenAsync(Documented.Response);

        new JwtSecurityTokenHandler().ValidateToken(
            token.Value,
            new TokenValidationParameters
            {
                IssuerSigningKeys = new JsonWebKeySet(Documented.Jwks).GetSigningKeys(),
                ValidIssuer = "https://sample.portal.tencentciam.com",
                ValidAudience = "TENANT_CLIENT_ID",
                ValidateLifetime = false, // It expired 2021-12-27T07:12:08Z.
            },
            out _);

        var jwt = token.ReadJwt();
        Assert.Equal("f9694d93-d541-4985-88dc-42229873008e", jwt.Header.Kid);
        Assert.Equal("RS256", jwt.Header.Alg);
        Assert.Equal("TENANT_CLIENT_ID", jwt.Subject);
        Assert.Equal("https://sample.portal.tencentciam.com", jwt.Issuer);
        Assert.Equal(["identity_proofing"], jwt.Claims.Where(claim => claim.Type == "scope").Select(claim => claim.Value));
        Assert.Equal(new DateTime(2021, 12, 27, 7, 12, 8, DateTimeKind.Utc), jwt.ValidTo);
        Assert.Equal("9939bc3f-5edf-46c3-8f5c-2b1dc1acfa90", jwt.Id);
    }

    [Theory]
    [InlineData("\"expires_in\":299", 299)]
    [InlineData("\"expires_in\":\"299\"", 299)]
    [InlineData("\"expires_in\":\" 299 \"", 299)]
    [InlineData("\"expires_in\":2.99e2", 299)]
    [InlineData("\"expires_in\":0", 0)]
    [InlineData("\"expires_in\":-5", 0)]
    [InlineData("\"expires_in\":86401", 86400)]
    [InlineData("\"expires_in\":1e300", 86400)]
    [InlineData("\"expires_in\":1e400", 86400)]
    [InlineData("\"expires_in\":99999999999999999999999999", 86400)]
    [InlineData("\"other\":1", 60)]
    [InlineData("\"expires_in\":null", 60)]
    [InlineData("\"expires_in\":\"soon\"", 60)]
    [InlineData("\"expires_in\":\"NaN\"", 60)]
    [InlineData("\"expires_in\":{\"a\":[1]}", 60)]
    [InlineData("\"expires_in\":true", 60)]
    public async Task Any_form_of_expires_in_yields_a_lifetime(string member, int seconds)
    {
        var token = await WireClient.JudgeTokenAsync($$"""{"access_token":"opaque","token_type":"Bearer",{{member}}}""");

        Assert.Equal(TimeSpan.FromSeconds(seconds), token.Lifetime);
    }

    [Fact]
    public async Task Without_expires_in_the_lifetime_is_that_of_the_JWT()
    {
        var token = await WireClient.JudgeTokenAsync(
            $$"""{"access_token":"{{Documented.AccessToken}}","token_type":"Bearer"}""");

        Assert.Equal(TimeSpan.FromSeconds(300), token.Lifetime);
    }

    [Theory]
    [InlineData("{}", 60)]
    [InlineData("{\"exp\":1640589128}", 60)]
    [InlineData("{\"exp\":1640589128,\"iat\":\"x\"}", 60)]
    [InlineData("{\"exp\":1640588828,\"iat\":1640589128}", 0)]
    [InlineData("{\"exp\":9640588828,\"iat\":1640589128}", 86400)]
    [InlineData("no json", 60)]
    public async Task Without_expires_in_an_incomplete_or_absurd_JWT_yields_a_bounded_lifetime(string payload, int seconds)
    {
        var jwt = $"{Base64UrlEncoder.Encode("{\"alg\":\"RS256\"}")}.{Base64UrlEncoder.Encode(payload)}.c2ln";

        var token = await WireClient.JudgeTokenAsync($$"""{"access_token":"{{jwt}}","token_type":"Bearer"}""");

        Assert.Equal(TimeSpan.FromSeconds(seconds), token.Lifetime);
    }

    [Theory]
    [InlineData("""{"expires_in":299,"token_type":"bearer","access_token":"t"}""")]
    [InlineData("""{"access_token":"t","token_type":"BEARER","expires_in":299}""")]
    [InlineData("  {\r\n\t\"access_token\" : \"t\" , \"token_type\" : \"Bearer\" , \"expires_in\" : 299 }  \n")]
    [InlineData("""{"access_token":"t","token_type":"Bearer","expires_in":299,"refresh_token":"r","id_token":"i"}""")]
    [InlineData("""{"a":{"access_token":"x","b":[{"token_type":1}]},"access_token":"t","token_type":"Bearer","expires_in":299}""")]
    [InlineData("""{"access_token":"t","token_type":"Bearer","expires_in":299,"scope":null,"error":null,"x":null}""")]
    [InlineData("""{"access_token":"t","token_type":"Bearer","expires_in":299,"scope":["a"]}""")]
    [InlineData("""{"access_token":"t","token_type":"Bearer","expires_in":299,"scope":"  "}""")]
    [InlineData("""{"access_token":"t","access_token":"t","token_type":"Bearer","expires_in":299,"expires_in":299}""")]
    [InlineData("""{"x":1,"x":2,"\u0061ccess_token":"t","token_type":"Bearer","expires_in":299}""")]
    [InlineData("\uFEFF{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":299}")]
    public async Task Any_well_formed_response_is_accepted(string body)
    {
        var token = await WireClient.JudgeTokenAsync(body);

        Assert.Equal("t", token.Value);
        Assert.Equal(TimeSpan.FromSeconds(299), token.Lifetime);
        Assert.Null(token.Scope);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json;charset=UTF-8")]
    [InlineData("text/plain")]
    [InlineData("nonsense")]
    [InlineData(null)]
    public async Task The_Content_Type_does_not_matter(string? contentType)
    {
        var result = await WireClient.JudgeAsync(HttpStatusCode.OK, Documented.Response, contentType);

        Assert.IsType<CiamTokenResult.Success>(result);
    }

    [Fact]
    public async Task Granted_scopes_keep_the_servers_order()
    {
        var token = await WireClient.JudgeTokenAsync(
            """{"access_token":"t","token_type":"Bearer","expires_in":9,"scope":"b a"}""");

        Assert.Equal("b a", token.Scope);
    }

    [Theory]
    [InlineData("no_access_token", "{}")]
    [InlineData("no_access_token", """{"access_token":null,"token_type":"Bearer"}""")]
    [InlineData("no_access_token", """{"access_token":"","token_type":"Bearer"}""")]
    [InlineData("no_access_token", """{"access_token":123,"token_type":"Bearer"}""")]
    [InlineData("no_access_token", """{"access_token":{"a":"t"},"token_type":"Bearer"}""")]
    [InlineData("no_access_token", """{"access_token":"a b","token_type":"Bearer"}""")]
    [InlineData("no_access_token", """{"access_token":"a\r\nX-Injected: 1","token_type":"Bearer"}""")]
    [InlineData("no_access_token", """{"access_token":"é","token_type":"Bearer"}""")]
    [InlineData("no_access_token", """{"access_token":"a=b","token_type":"Bearer"}""")]
    [InlineData("no_access_token", """{"access_token":"==","token_type":"Bearer"}""")]
    [InlineData("unsupported_token_type", """{"access_token":"t"}""")]
    [InlineData("unsupported_token_type", """{"access_token":"t","token_type":null}""")]
    [InlineData("unsupported_token_type", """{"access_token":"t","token_type":"DPoP"}""")]
    [InlineData("unsupported_token_type", """{"access_token":"t","token_type":"mac"}""")]
    [InlineData("not_json", "")]
    [InlineData("not_json", "[]")]
    [InlineData("not_json", "\"t\"")]
    [InlineData("not_json", "null")]
    [InlineData("not_json", "<html>Sign in</html>")]
    [InlineData("not_json", "{\"access_token\":\"t\",\"token_type\":\"Bearer\"")]
    [InlineData("not_json", "{\"access_token\":\"t\",\"token_type\":\"Bearer\"} {}")]
    [InlineData("not_json", """{"access_token":"t","access_token":"u","token_type":"Bearer"}""")]
    [InlineData("not_json", """{"access_token":"t","access_token":null,"token_type":"Bearer"}""")]
    [InlineData("not_json", """{"access_token":"t","token_type":"Bearer","expires_in":299,"expires_in":1}""")]
    [InlineData("not_json", """{"access_token":"\uD800","token_type":"Bearer"}""")]
    public async Task A_200_without_a_usable_token_is_rejected(string code, string body)
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.UnusableResponse>(HttpStatusCode.OK, body);

        Assert.Equal(code, error.Code);
        Assert.Equal(HttpStatusCode.OK, error.StatusCode);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public async Task Malformed_UTF8_is_rejected()
    {
        byte[] body = [.. "{\"access_token\":\"a"u8, 0xC3, .. "\",\"token_type\":\"Bearer\"}"u8];

        var result = await WireClient.JudgeAsync(HttpStatusCode.OK, body, "application/json");

        Assert.IsType<CiamTokenError.UnusableResponse>(Assert.IsType<CiamTokenResult.Failure>(result).Error);
    }

    [Fact]
    public async Task UTF16_is_rejected()
    {
        var result = await WireClient.JudgeAsync(
            HttpStatusCode.OK, Encoding.Unicode.GetBytes(Documented.Response), "application/json;charset=UTF-16");

        Assert.IsType<CiamTokenError.UnusableResponse>(Assert.IsType<CiamTokenResult.Failure>(result).Error);
    }

    [Fact]
    public async Task A_deeply_nested_body_is_rejected()
    {
        var body = $"{{\"x\":{new string('[', 100_000)}";

        var error = await WireClient.JudgeErrorAsync<CiamTokenError.UnusableResponse>(HttpStatusCode.OK, body);

        Assert.Equal("not_json", error.Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_of_up_to_one_mebibyte_is_read_and_a_larger_one_is_rejected(bool announced)
    {
        const int Cap = 1024 * 1024;

        Assert.IsType<CiamTokenResult.Success>(await JudgePaddedAsync(Cap));
        var error = Assert.IsType<CiamTokenResult.Failure>(await JudgePaddedAsync(Cap + 1)).Error;
        Assert.Equal("response_too_large", Assert.IsType<CiamTokenError.UnusableResponse>(error).Code);

        Task<CiamTokenResult> JudgePaddedAsync(int size)
        {
            var body = Encoding.UTF8.GetBytes(Documented.Response.PadRight(size));
            return WireClient.JudgeAsync(HttpStatusCode.OK, body, "application/json", response =>
            {
                if (!announced)
                {
                    response.Content = new StreamContent(new OnlyForward(body));
                }
            });
        }
    }

    [Fact]
    public async Task An_HTML_page_instead_of_JSON_is_named_in_the_message()
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.UnusableResponse>(
            HttpStatusCode.OK, "<html>Sign in</html>", "text/html");

        Assert.Contains("text/html", error.Message, StringComparison.Ordinal);
        Assert.Contains("Authority", error.Message, StringComparison.Ordinal);
    }

    private sealed class OnlyForward(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
