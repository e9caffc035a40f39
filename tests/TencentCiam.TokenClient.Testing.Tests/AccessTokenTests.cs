using System.IdentityModel.Tokens.Jwt;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class AccessTokenTests
{
    [Fact]
    public async Task A_token_verifies_under_the_portals_key_set()
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
    public async Task A_key_that_was_not_given_is_made()
    {
        using var portal = new CiamPortalEmulator();
        var accessToken = await portal.GetAccessTokenAsync();

        var keys = await GetKeysAsync(portal);

        Assert.Equal(2048, Assert.Single(keys).KeySize);
        Verify(accessToken, keys);
    }

    [Fact]
    public async Task A_token_whose_payload_was_changed_does_not_verify()
    {
        using var portal = CreatePortal();
        var parts = (await portal.GetAccessTokenAsync()).Split('.');
        parts[1] = Base64UrlEncoder.Encode(Base64UrlEncoder.Decode(parts[1]).Replace("\"sub\":\"", "\"sub\":\"x", StringComparison.Ordinal));
        var keys = await GetKeysAsync(portal);

        Assert.ThrowsAny<SecurityTokenInvalidSignatureException>(() => Verify(string.Join('.', parts), keys));
    }

    [Fact]
    public async Task The_whole_life_is_in_the_token_and_in_whole_seconds()
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
    public async Task Without_a_scope_granted_there_is_no_scope_claim()
    {
        using var portal = CreatePortal();

        var payload = new JwtSecurityToken(await portal.GetAccessTokenAsync()).Payload;

        Assert.Equal(["sub", "aud", "nbf", "iss", "exp", "iat", "jti"], payload.Keys);
    }

    [Fact]
    public async Task A_key_that_was_given_is_left_undisposed()
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
