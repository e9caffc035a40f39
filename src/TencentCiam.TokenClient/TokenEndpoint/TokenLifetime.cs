using System.Globalization;
using System.IdentityModel.Tokens.Jwt;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>How long a new token lives.</summary>
internal static class TokenLifetime
{
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(1);
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromSeconds(60);

    public static TimeSpan Of(TokenResponseBody body)
        => body.ExpiresInSeconds is { } seconds
            ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, MaxLifetime.TotalSeconds))
            : FromJwt(body.AccessToken!) ?? DefaultLifetime;

    // RFC 9068 section 6 asks clients not to look into the token; this is for the one case where the response says nothing.
    private static TimeSpan? FromJwt(string accessToken)
    {
        try
        {
            var payload = new JwtSecurityToken(accessToken).Payload;
            return payload.Expiration is { } exp && payload.TryGetValue("iat", out var iat)
                ? TimeSpan.FromSeconds(Math.Clamp(
                    exp - Convert.ToDouble(iat, CultureInfo.InvariantCulture), 0, MaxLifetime.TotalSeconds))
                : null;
        }
#pragma warning disable CA1031 // A token that is not a JWT is still a usable bearer token.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }
}
