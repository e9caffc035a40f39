using Microsoft.Extensions.Time.Testing;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class AddressTests
{
    [Theory]
    [InlineData("GET", "/oauth2/token")]
    [InlineData("GET", "/oauth2/revoke")]
    [InlineData("POST", "/oauth2/jwks")]
    [InlineData("POST", "/oauth2/token/")]
    [InlineData("POST", "/OAuth2/token")]
    [InlineData("GET", "/")]
    public async Task An_unknown_path_or_a_wrong_method_returns_404(string method, string path)
    {
        using var portal = CreatePortal(
            timeProvider: new FakeTimeProvider(new DateTimeOffset(2021, 12, 27, 7, 7, 8, 9, TimeSpan.Zero)));
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(portal.Authority, path));

        using var response = await portal.SendAsync(request);

        Assert.Equal(404, (int)response.StatusCode);
        Assert.Equal("application/json", response.RawContentType());
        Assert.Equal(
            $$"""{"timestamp":"2021-12-27T07:07:08.009+00:00","status":404,"error":"Not Found","path":"{{path}}"}""",
            await response.BodyAsync());
        Assert.Empty(portal.Requests);
    }

    [Theory]
    [InlineData("https://other.test/oauth2/token")]
    [InlineData("https://ciam.test:8443/oauth2/token")]
    [InlineData("http://ciam.test/oauth2/token")]
    public async Task A_request_to_another_origin_throws(string address)
    {
        using var portal = CreatePortal();
        using var client = portal.CreateClient();

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.GetAsync(new Uri(address + "?client_secret=s3cret"), Cancellation));

        Assert.Contains("https://ciam.test", exception.Message, StringComparison.Ordinal);
        Assert.Contains(new Uri(address).GetLeftPart(UriPartial.Authority), exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Letter_case_and_the_default_port_do_not_matter_in_the_origin()
    {
        using var portal = CreatePortal();
        using var request = new HttpRequestMessage(HttpMethod.Get, "HTTPS://CIAM.test:443/oauth2/jwks");

        using var response = await portal.SendAsync(request);

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("https://gateway.test/ciam/tenant")]
    [InlineData("https://gateway.test/ciam/tenant/")]
    [InlineData("http://localhost:5005/ciam/tenant")]
    public async Task An_authority_with_a_path_is_supported(string authority)
    {
        using var portal = CreatePortal(new Uri(authority));
        var issuer = authority.TrimEnd('/');

        var accessToken = await portal.GetAccessTokenAsync();
        using var client = portal.CreateClient();
        var discovery = await client.GetStringAsync(new Uri(".well-known/openid-configuration", UriKind.Relative), Cancellation);
        using var revocation = await portal.PostRevocationAsync(portal.Application.Credentials() + "&token=" + accessToken);

        Assert.Equal(issuer, new CiamAccessToken(accessToken, TimeSpan.Zero, DateTimeOffset.UnixEpoch).ReadJwt().Issuer);
        Assert.Contains($"\"jwks_uri\":\"{issuer}/oauth2/jwks\"", discovery, StringComparison.Ordinal);
        Assert.Equal(200, (int)revocation.StatusCode);
        Assert.False(portal.IsActive(accessToken));
        Assert.Equal("/ciam/tenant/oauth2/token", portal.Requests[0].Path);
    }

    [Theory]
    [InlineData("/oauth2/token")]
    [InlineData("/ciamoauth2/token")]
    public async Task A_path_outside_the_authoritys_path_returns_404(string path)
    {
        using var portal = CreatePortal(new Uri("https://gateway.test/ciam"));
        using var client = portal.CreateClient();
        using var body = new StringContent("");

        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), body, Cancellation);

        Assert.Equal(404, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("relative")]
    [InlineData("ftp://ciam.test")]
    [InlineData("https://user@ciam.test")]
    [InlineData("https://ciam.test/?a=b")]
    [InlineData("https://ciam.test/#a")]
    public void An_invalid_authority_is_rejected(string address)
    {
        Assert.Throws<ArgumentException>("authority", () => new CiamPortalEmulator(new Uri(address, UriKind.RelativeOrAbsolute)));
    }
}
