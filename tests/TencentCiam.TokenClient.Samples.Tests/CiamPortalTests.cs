using System.IdentityModel.Tokens.Jwt;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace TencentCiam.TokenClient.Samples.Tests;

public sealed class CiamPortalTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_from_a_form_post_is_accepted_by_the_API_until_it_is_revoked()
    {
        await using var portal = await PortalProcess.StartAsync("curl");
        var token = await portal.GetTokenAsync();
        portal.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

        var orders = await portal.Http.GetFromJsonAsync<JsonElement>(new Uri("orders", UriKind.Relative), Cancellation);
        using var revocation = await portal.PostAsync(
            "oauth2/revoke", ("client_id", "curl"), ("client_secret", PortalProcess.ClientSecret), ("token", token));
        using var refused = await portal.Http.GetAsync(new Uri("orders", UriKind.Relative), Cancellation);

        Assert.Equal("curl", orders.GetProperty("caller").GetString());
        Assert.Equal(HttpStatusCode.OK, revocation.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("invalid_token", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Discovery_key_set_and_tokens_are_consistent_with_the_listening_address()
    {
        await using var portal = await PortalProcess.StartAsync("curl");

        var discovery = await portal.Http.GetFromJsonAsync<JsonElement>(
            new Uri(".well-known/openid-configuration", UriKind.Relative), Cancellation);
        var keys = await portal.Http.GetFromJsonAsync<JsonElement>(
            new Uri(discovery.GetProperty("jwks_uri").GetString()!), Cancellation);
        var token = new JwtSecurityToken(await portal.GetTokenAsync());

        var issuer = portal.Address.AbsoluteUri.TrimEnd('/');
        Assert.Equal(issuer, discovery.GetProperty("issuer").GetString());
        Assert.Equal(issuer, token.Issuer);
        Assert.Equal(token.Header.Kid, keys.GetProperty("keys")[0].GetProperty("kid").GetString());
    }

    [Fact]
    public async Task A_wrong_secret_and_an_outage_return_the_same_errors_as_CIAM()
    {
        await using var portal = await PortalProcess.StartAsync("curl");

        using var wrong = await portal.RequestTokenAsync("wrong");
        await portal.BeginOutageAsync();
        using var down = await portal.RequestTokenAsync();
        await portal.EndOutageAsync();
        using var up = await portal.RequestTokenAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal("application/json;charset=UTF-8", wrong.Content.Headers.NonValidated["Content-Type"].ToString());
        Assert.Equal("""{"error":"invalid_client"}""", await wrong.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, down.StatusCode);
        Assert.Contains("temporarily_unavailable", await down.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, up.StatusCode);
    }

    [Fact]
    public async Task CiamPortal_is_healthy_shuts_down_cleanly_and_prints_no_secret()
    {
        await using var portal = await PortalProcess.StartAsync("curl");
        await portal.GetTokenAsync();

        Assert.Equal("Healthy", await portal.Http.GetStringAsync(new Uri("health", UriKind.Relative), Cancellation));
        Assert.Equal(0, await portal.StopAsync());
        Assert.Contains("POST /oauth2/token: 200", portal.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(PortalProcess.ClientSecret, portal.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", portal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CiamPortal_listens_only_on_the_configured_address()
    {
        await using var portal = SampleProcess.Start(
            "CiamPortal",
            ["--urls", "http://127.0.0.1:0"],
            ("ASPNETCORE_URLS", "http://*:0"), ("ASPNETCORE_HTTP_PORTS", "0"));
        var address = await portal.WaitForAddressAsync();
        await portal.WaitForLineAsync("authority");
        await portal.StopAsync();

        Assert.Equal("127.0.0.1", address.Host);
        Assert.Equal(2, portal.Output.Split("Now listening on").Length);
    }

    [Theory]
    [InlineData("CIAMPORTAL_Applications__curl__Scopes__0", "orders.read", "ClientSecret is missing")]
    [InlineData("CIAMPORTAL_Applications__orders-worker__Scopes__0", "a b", "\"a b\" is not a valid scope token")]
    [InlineData("CIAMPORTAL_Applications__orders-worker__Scope", "a", "has no setting \"Scope\"")]
    [InlineData("CIAMPORTAL_Authority", "http://0.0.0.0:5005", "set Authority")]
    public async Task An_invalid_setting_is_reported_and_ends_the_program(string name, string value, string message)
    {
        await using var portal = SampleProcess.Start("CiamPortal", ["--urls", "http://127.0.0.1:0"], (name, value));

        Assert.Equal(1, await portal.WaitForExitAsync());
        Assert.Contains(message, portal.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", portal.Output, StringComparison.Ordinal);
    }
}
