using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Time.Testing;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class ResourceServerTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CiamPortalEmulator _portal;
    private readonly HttpClient _client;
    private int _served;

    public ResourceServerTests()
    {
        _portal = CreatePortal(timeProvider: _clock);
        _client = new HttpClient(_portal.CreateResourceServerHandler(request =>
        {
            _served++;
            return new HttpResponseMessage(HttpStatusCode.Accepted) { Content = new StringContent(request.RequestUri!.AbsolutePath) };
        }));
    }

    public void Dispose()
    {
        _client.Dispose();
        _portal.Dispose();
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("bearer")]
    public async Task A_request_with_an_active_token_succeeds(string scheme)
    {
        using var response = await GetAsync(new(scheme, await _portal.GetAccessTokenAsync()));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("/orders", await response.BodyAsync());
        Assert.Equal("https://orders.example.com/orders", response.RequestMessage!.RequestUri!.AbsoluteUri);
    }

    [Fact]
    public async Task A_request_without_a_token_is_rejected_without_an_error_code()
    {
        using var none = await GetAsync(null);
        using var other = await GetAsync(new("Basic", "aWQ6c2VjcmV0"));

        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], [none.StatusCode, other.StatusCode]);
        Assert.Equal("Bearer", none.Headers.WwwAuthenticate.ToString());
        Assert.Equal("Bearer", other.Headers.WwwAuthenticate.ToString());
        Assert.Equal(0, _served);
    }

    [Fact]
    public async Task An_expired_revoked_or_foreign_token_is_rejected_with_the_documented_challenge()
    {
        using var other = CreatePortal();
        var ofAnother = await other.GetAccessTokenAsync();
        var revoked = await _portal.GetAccessTokenAsync();
        _portal.RevokeAll();
        var expired = await _portal.GetAccessTokenAsync();
        _clock.Advance(_portal.Application.AccessTokenLifetime);

        foreach (var token in (string[])[ofAnother, revoked, expired, "abc"])
        {
            using var response = await GetAsync(new("Bearer", token));

            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal(
                """Bearer error="invalid_token", error_description="Error decoding JWT", error_uri="https://tools.ietf.org/html/rfc6750#section-3.1" """.TrimEnd(),
                response.Headers.WwwAuthenticate.ToString());
        }

        Assert.Equal(0, _served);
    }

    [Fact]
    public async Task A_synchronous_request_gets_a_response()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://orders.example.com/orders");
        request.Headers.Authorization = new("Bearer", await _portal.GetAccessTokenAsync());

        using var response = _client.Send(request, Cancellation);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    private async Task<HttpResponseMessage> GetAsync(AuthenticationHeaderValue? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://orders.example.com/orders");
        request.Headers.Authorization = authorization;
        return await _client.SendAsync(request, Cancellation);
    }
}
