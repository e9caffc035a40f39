using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class RevocationTests : IDisposable
{
    private readonly CiamPortalEmulator _portal = CreatePortal();

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task A_revoked_token_is_no_longer_active_and_others_are()
    {
        var revoked = await _portal.GetAccessTokenAsync();
        var other = await _portal.GetAccessTokenAsync();

        using var response = await RevokeAsync("token=" + revoked);

        await AssertRevokedAsync(response);
        Assert.False(_portal.IsActive(revoked));
        Assert.True(_portal.IsActive(other));
    }

    [Fact]
    public async Task An_unknown_token_is_as_good_as_revoked()
    {
        using var response = await RevokeAsync("token=abc");

        await AssertRevokedAsync(response);
    }

    [Fact]
    public async Task A_token_may_be_revoked_twice()
    {
        var accessToken = await _portal.GetAccessTokenAsync();
        using var first = await RevokeAsync("token=" + accessToken);
        using var second = await RevokeAsync("token=" + accessToken);

        await AssertRevokedAsync(second);
    }

    [Fact]
    public async Task Another_clients_token_is_refused_and_stays_active()
    {
        var accessToken = await _portal.GetAccessTokenAsync(_portal.AddApplication());

        using var response = await RevokeAsync("token=" + accessToken);

        await response.AssertErrorAsync(401, """{"error":"invalid_client"}""");
        Assert.True(_portal.IsActive(accessToken));
    }

    [Theory]
    [InlineData("")]
    [InlineData("token=")]
    [InlineData("token=a&token=b")]
    public async Task A_token_missing_or_repeated_is_an_invalid_request(string parameters)
    {
        using var response = await RevokeAsync(parameters);

        await response.AssertErrorAsync(400, ParameterError("invalid_request", "token"));
    }

    [Fact]
    public async Task The_client_has_to_authenticate()
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
    public async Task The_client_credentials_grant_is_not_needed()
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
