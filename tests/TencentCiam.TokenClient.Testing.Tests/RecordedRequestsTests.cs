using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class RecordedRequestsTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, 500, TimeSpan.Zero));
    private readonly CiamPortalEmulator _portal;

    public RecordedRequestsTests()
    {
        _portal = CreatePortal(timeProvider: _clock);
        _portal.Application.Scopes = ["a", "b"];
    }

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task A_token_request_is_recorded_as_it_was_sent()
    {
        using var response = await _portal.PostTokenAsync(_portal.Application.TokenRequest("b a"));

        var request = Assert.Single(_portal.Requests);
        Assert.Equal("/oauth2/token", request.Path);
        Assert.Equal("client_credentials", request.GrantType);
        Assert.Equal(_portal.Application.ClientId, request.ClientId);
        Assert.Equal("b a", request.Scope);
        Assert.Equal(CiamClientAuthentication.ClientSecretPost, request.ClientAuthentication);
        Assert.Equal(HttpStatusCode.OK, request.StatusCode);
        Assert.Equal(_clock.GetUtcNow(), request.ReceivedAt);
    }

    [Fact]
    public async Task A_revocation_request_is_recorded()
    {
        using var response = await _portal.PostRevocationAsync(_portal.Application.Credentials() + "&token=abc");

        var request = Assert.Single(_portal.Requests);
        Assert.Equal("/oauth2/revoke", request.Path);
        Assert.Null(request.GrantType);
        Assert.Null(request.Scope);
        Assert.Equal(HttpStatusCode.OK, request.StatusCode);
    }

    [Fact]
    public async Task A_Basic_header_is_recorded_as_the_authentication_method()
    {
        using var response = await _portal.PostTokenAsync("grant_type=x&client_id=other", "Basic aWQ6c2VjcmV0");

        var request = Assert.Single(_portal.Requests);
        Assert.Equal("id", request.ClientId);
        Assert.Equal(CiamClientAuthentication.ClientSecretBasic, request.ClientAuthentication);
        Assert.Equal(HttpStatusCode.Unauthorized, request.StatusCode);
    }

    [Fact]
    public async Task A_request_without_credentials_is_recorded_without_an_authentication_method()
    {
        using var response = await _portal.PostTokenAsync("");

        var request = Assert.Single(_portal.Requests);
        Assert.Null(request.ClientId);
        Assert.Null(request.ClientAuthentication);
        Assert.Equal(HttpStatusCode.Unauthorized, request.StatusCode);
    }

    [Fact]
    public async Task A_request_that_encounters_a_fault_is_recorded_with_the_faults_status()
    {
        _portal.FailNext(CiamPortalFault.TooManyRequests());

        using var response = await _portal.PostTokenAsync(_portal.Application.TokenRequest());

        Assert.Equal(HttpStatusCode.TooManyRequests, Assert.Single(_portal.Requests).StatusCode);
    }

    [Fact]
    public async Task The_list_of_requests_is_a_snapshot()
    {
        var before = _portal.Requests;
        _portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(1)));

        var sending = _portal.PostTokenAsync(_portal.Application.TokenRequest());
        var during = _portal.Requests;
        _clock.Advance(TimeSpan.FromSeconds(1));
        using var response = await sending;

        Assert.Empty(before);
        Assert.Null(Assert.Single(during).StatusCode);
        Assert.Equal(HttpStatusCode.OK, Assert.Single(_portal.Requests).StatusCode);
    }

    [Fact]
    public async Task The_latest_1000_requests_are_kept_unless_another_number_is_set()
    {
        for (var i = 0; i < 1001; i++)
        {
            using var response = await _portal.PostTokenAsync($"client_id={i}");
        }

        Assert.Equal(Enumerable.Range(1, 1000).Select(i => $"{i}"), _portal.Requests.Select(request => request.ClientId));

        _portal.MaxRecordedRequests = 2;
        using var next = await _portal.PostTokenAsync("client_id=next");

        Assert.Equal(["1000", "next"], _portal.Requests.Select(request => request.ClientId));
        Assert.Throws<ArgumentOutOfRangeException>(() => _portal.MaxRecordedRequests = -1);
        Assert.Equal(2, _portal.MaxRecordedRequests);
    }

    [Fact]
    public async Task A_request_that_is_no_longer_among_the_latest_is_still_served()
    {
        _portal.MaxRecordedRequests = 0;

        using var response = await _portal.PostTokenAsync(_portal.Application.TokenRequest());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(_portal.Requests);
    }

    [Fact]
    public async Task Recorded_requests_can_be_cleared()
    {
        using var response = await _portal.PostTokenAsync("");

        _portal.ClearRequests();

        Assert.Empty(_portal.Requests);
    }

    [Fact]
    public async Task Nothing_recorded_or_printed_contains_a_secret_or_a_token()
    {
        var application = _portal.Application;
        var accessToken = await _portal.GetAccessTokenAsync(scope: "a");
        var pair = $"{Uri.EscapeDataString(application.ClientId)}:{Uri.EscapeDataString(application.ClientSecret)}";
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes(pair));
        using var withBasic = await _portal.PostTokenAsync("grant_type=client_credentials", "Basic " + basic);
        using var revocation = await _portal.PostRevocationAsync(application.Credentials() + "&token=" + accessToken);
        using var inQuery = _portal.Post(TokenPath + "?client_secret=" + Uri.EscapeDataString(application.ClientSecret), "");
        using var refused = await _portal.SendAsync(inQuery);

        var printed = string.Join('\n', [.. _portal.Requests, _portal, application]);

        Assert.Equal(4, _portal.Requests.Count);
        Assert.Contains(application.ClientId, printed, StringComparison.Ordinal);
        Assert.DoesNotContain(application.ClientSecret, printed, StringComparison.Ordinal);
        Assert.DoesNotContain(Uri.EscapeDataString(application.ClientSecret), printed, StringComparison.Ordinal);
        Assert.DoesNotContain(basic, printed, StringComparison.Ordinal);
        Assert.DoesNotContain(accessToken, printed, StringComparison.Ordinal);
    }
}
