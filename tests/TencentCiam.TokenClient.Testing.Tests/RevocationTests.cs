using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class RevocationTests : IDisposable
{
    private readonly CiamPortalEmulator _portal = CreatePortal();

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task A_revoked_token_is_no_longer_active_and_others_stay_active()
    {
        var revoked = await _portal.GetAccessTokenAsync();
        var other = await _portal.GetAccessTokenAsync();

        using var response = await RevokeAsync("token=" + revoked);

        await AssertRevokedAsync(response);
        Assert.False(_portal.IsActive(revoked));
        Assert.True(_portal.IsActive(other));
    }

    [Fact]
    public async Task Revoking_an_unknown_token_succeeds()
    {
        using var response = await RevokeAsync("token=abc");

        await AssertRevokedAsync(response);
    }

    [Fact]
    public async Task Revoking_a_token_twice_succeeds()
    {
        var accessToken = await _portal.GetAccessTokenAsync();
        using var first = await RevokeAsync("token=" + accessToken);
        using var second = await RevokeAsync("token=" + accessToken);

        await AssertRevokedAsync(second);
    }

    [Fact]
    public async Task Revoking_another_clients_token_is_rejected_and_the_token_stays_active()
    {
        var accessToken = await _portal.GetAccessTokenAsync(_portal.AddApplication());

        using var response = await RevokeAsync("token=" + accessToken);

        await response.AssertErrorAsync(401, """{"error":"invalid_client"}""");
        Assert.True(_portal.IsActive(accessToken));
    }

    [Theory]
    [InlineData("", "token")]
    [InlineData("token=", "token")]
    [InlineData("token=a&token=b", "token")]
    [InlineData("token=a&token_type_hint=access_token&token_type_hint=access_token", "token_type_hint")]
    public async Task A_missing_or_repeated_parameter_returns_invalid_request(string parameters, string parameter)
    {
        using var response = await RevokeAsync(parameters);

        await response.AssertErrorAsync(
            400,
            $$"""{"error":"invalid_request","error_description":"OAuth 2.0 Token Revocation Parameter: {{parameter}}","error_uri":"https://tools.ietf.org/html/rfc7009#section-2.1"}""");
    }

    [Fact]
    public async Task A_token_type_hint_is_ignored()
    {
        var accessToken = await _portal.GetAccessTokenAsync();

        using var response = await RevokeAsync("token_type_hint=refresh_token&token=" + accessToken);

        await AssertRevokedAsync(response);
        Assert.False(_portal.IsActive(accessToken));
    }

    [Fact]
    public async Task Revocation_requires_client_authentication()
    {
        var accessToken = await _portal.GetAccessTokenAsync();

        using var bare = await _portal.PostRevocationAsync("token=" + accessToken);
        using var wrong = await _portal.PostRevocationAsync("client_id=x&client_secret=y&token=" + accessToken);

        Assert.Equal(401, (int)bare.StatusCode);
        Assert.Empty(await bare.BodyAsync());
        await wrong.AssertErrorAsync(401, """{"error":"invalid_client"}""");
        Assert.True(_portal.IsActive(accessToken));
    }

    [Fact]
    public async Task Revocation_does_not_require_the_client_credentials_grant()
    {
        _portal.Application.AllowsClientCredentials = false;

        using var response = await RevokeAsync("token=abc");

        await AssertRevokedAsync(response);
    }

    private static async Task AssertRevokedAsync(HttpResponseMessage response)
    {
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Empty(await response.BodyAsync());
        Assert.Null(response.RawContentType());
    }

    private Task<HttpResponseMessage> RevokeAsync(string parameters)
        => _portal.PostRevocationAsync(_portal.Application.Credentials() + "&" + parameters);
}
