using System.IdentityModel.Tokens.Jwt;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class AccessTokenTests
{
    [Fact]
    public async Task A_tokens_signature_is_valid_under_the_portals_key_set()
    {
        using var portal = CreatePortal();
        portal.Application.Scopes = ["a", "b"];
        var accessToken = await portal.GetAccessTokenAsync();

        var claims = new JwtSecurityTokenHandler { MapInboundClaims = false }.ValidateToken(
            accessToken,
            new TokenValidationParameters
            {
                ValidIssuer = "https://ciam.test",
                ValidAudience = portal.Application.ClientId,
                ValidAlgorithms = ["RS256"],
                IssuerSigningKeys = await GetKeysAsync(portal),
            },
            out _);

        Assert.Equal(portal.Application.ClientId, claims.FindFirst("sub")!.Value);
        Assert.Equal(["a", "b"], claims.FindAll("scope").Select(claim => claim.Value));
    }

    [Fact]
    public async Task A_portal_without_a_given_key_generates_a_2048_bit_key()
    {
        using var portal = new CiamPortalEmulator();
        var accessToken = await portal.GetAccessTokenAsync();

        var keys = await GetKeysAsync(portal);

        Assert.Equal(2048, Assert.Single(keys).KeySize);
        Verify(accessToken, keys);
    }

    [Fact]
    public async Task The_signature_of_a_token_with_a_changed_payload_is_invalid()
    {
        using var portal = CreatePortal();
        var parts = (await portal.GetAccessTokenAsync()).Split('.');
        parts[1] = Base64UrlEncoder.Encode(Base64UrlEncoder.Decode(parts[1]).Replace("\"sub\":\"", "\"sub\":\"x", StringComparison.Ordinal));
        var keys = await GetKeysAsync(portal);

        Assert.ThrowsAny<SecurityTokenInvalidSignatureException>(() => Verify(string.Join('.', parts), keys));
    }

    [Fact]
    public async Task The_tokens_claims_contain_the_full_lifetime_in_whole_seconds()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_900));
        using var portal = CreatePortal(timeProvider: clock);
        portal.Application.AccessTokenLifetime = TimeSpan.FromSeconds(300);

        var payload = new JwtSecurityToken(await portal.GetAccessTokenAsync()).Payload;

        Assert.Equal(1_700_000_000L, payload["iat"]);
        Assert.Equal(1_700_000_000L, payload["nbf"]);
        Assert.Equal(1_700_000_300L, payload["exp"]);
    }

    [Fact]
    public async Task A_token_without_granted_scopes_has_no_scope_claim()
    {
        using var portal = CreatePortal();

        var payload = new JwtSecurityToken(await portal.GetAccessTokenAsync()).Payload;

        Assert.Equal(["sub", "aud", "nbf", "iss", "exp", "iat", "jti"], payload.Keys);
    }

    [Fact]
    public async Task Disposing_a_portal_does_not_dispose_the_key_that_was_passed_to_it()
    {
        using var key = RSA.Create(2048);
        using (var portal = new CiamPortalEmulator(signingKey: key))
        {
            await portal.GetAccessTokenAsync();
        }

        Assert.NotEmpty(key.ExportRSAPublicKey());
    }

    private static async Task<IList<SecurityKey>> GetKeysAsync(CiamPortalEmulator portal)
        => new JsonWebKeySet(await portal.GetStringAsync("/oauth2/jwks")).GetSigningKeys();

    private static void Verify(string accessToken, IList<SecurityKey> keys) => new JwtSecurityTokenHandler().ValidateToken(
        accessToken,
        new TokenValidationParameters { ValidateIssuer = false, ValidateAudience = false, IssuerSigningKeys = keys },
        out _);
}
