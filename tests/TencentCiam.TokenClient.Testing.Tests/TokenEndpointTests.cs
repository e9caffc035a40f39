using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class TokenEndpointTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly CiamPortalEmulator _portal;

    public TokenEndpointTests()
    {
        _portal = CreatePortal(timeProvider: _clock);
    }

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task A_new_portal_issues_tokens_without_configuration()
    {
        using var json = await RequestAsync();

        Assert.Equal(["access_token", "token_type", "expires_in"], Members(json));
        Assert.Equal("Bearer", json.RootElement.GetProperty("token_type").GetString());
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(300, 299)]
    [InlineData(600, 599)]
    [InlineData(86_400, 86_399)]
    public async Task Expires_in_is_one_second_less_than_the_lifetime(int lifetime, int expiresIn)
    {
        _portal.Application.AccessTokenLifetime = TimeSpan.FromSeconds(lifetime);

        using var json = await RequestAsync();

        Assert.Equal(expiresIn, json.RootElement.GetProperty("expires_in").GetInt32());
    }

    [Fact]
    public async Task The_response_must_not_be_cached_and_has_the_date_of_the_portals_clock()
    {
        using var response = await _portal.PostTokenAsync(_portal.Application.TokenRequest());

        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        Assert.Equal("no-cache", response.Headers.Pragma.ToString());
        Assert.Equal(_clock.GetUtcNow(), response.Headers.Date);
    }

    [Fact]
    public async Task Only_the_requested_scope_is_granted()
    {
        _portal.Application.Scopes = ["orders.read", "orders.write"];

        using var json = await RequestAsync("orders.write");

        Assert.Equal(["access_token", "scope", "token_type", "expires_in"], Members(json));
        Assert.Equal("orders.write", json.RootElement.GetProperty("scope").GetString());
    }

    [Fact]
    public async Task Granted_scopes_are_sorted_and_deduplicated_regardless_of_the_request()
    {
        _portal.Application.Scopes = ["b", "c", "a"];

        using var json = await RequestAsync("c a c");

        Assert.Equal("a c", json.RootElement.GetProperty("scope").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("&scope=")]
    [InlineData("&scope=&scope=")]
    [InlineData("&scope=+")]
    public async Task A_request_without_a_scope_is_granted_all_scopes(string scopeParameter)
    {
        _portal.Application.Scopes = ["b", "a"];

        using var response = await _portal.PostTokenAsync(_portal.Application.TokenRequest() + scopeParameter);

        Assert.Contains("\"scope\":\"a b\"", await response.BodyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_request_issues_a_new_token_and_earlier_tokens_stay_active()
    {
        var first = await _portal.GetAccessTokenAsync();
        var second = await _portal.GetAccessTokenAsync();

        Assert.NotEqual(first, second);
        Assert.True(_portal.IsActive(first));
        Assert.True(_portal.IsActive(second));
    }

    private static string[] Members(JsonDocument json) => [.. json.RootElement.EnumerateObject().Select(member => member.Name)];

    private async Task<JsonDocument> RequestAsync(string? scope = null)
    {
        using var response = await _portal.PostTokenAsync(_portal.Application.TokenRequest(scope));
        Assert.Equal(200, (int)response.StatusCode);
        return JsonDocument.Parse(await response.BodyAsync());
    }
}
