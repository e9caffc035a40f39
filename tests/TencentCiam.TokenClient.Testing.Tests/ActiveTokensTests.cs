using Microsoft.Extensions.Time.Testing;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class ActiveTokensTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CiamPortalEmulator _portal;

    public ActiveTokensTests()
    {
        _portal = CreatePortal(timeProvider: _clock);
    }

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task A_token_is_active_until_it_expires_on_the_portals_clock()
    {
        _portal.Application.AccessTokenLifetime = TimeSpan.FromSeconds(300);
        var accessToken = await _portal.GetAccessTokenAsync();

        _clock.Advance(TimeSpan.FromSeconds(299.999));
        Assert.True(_portal.IsActive(accessToken));

        _clock.Advance(TimeSpan.FromSeconds(0.001));
        Assert.False(_portal.IsActive(accessToken));
    }

    [Fact]
    public async Task A_token_keeps_the_lifetime_that_was_set_when_it_was_issued()
    {
        _portal.Application.AccessTokenLifetime = TimeSpan.FromSeconds(600);
        var longer = await _portal.GetAccessTokenAsync();
        _portal.Application.AccessTokenLifetime = TimeSpan.FromSeconds(60);
        var shorter = await _portal.GetAccessTokenAsync();

        _clock.Advance(TimeSpan.FromSeconds(60));

        Assert.True(_portal.IsActive(longer));
        Assert.False(_portal.IsActive(shorter));
    }

    [Fact]
    public async Task RevokeAll_revokes_earlier_tokens_but_not_later_ones()
    {
        var first = await _portal.GetAccessTokenAsync();
        var second = await _portal.GetAccessTokenAsync(_portal.AddApplication());

        _portal.RevokeAll();
        var third = await _portal.GetAccessTokenAsync();

        Assert.False(_portal.IsActive(first));
        Assert.False(_portal.IsActive(second));
        Assert.True(_portal.IsActive(third));
    }

    [Fact]
    public void A_token_that_the_portal_did_not_issue_is_not_active()
    {
        Assert.False(_portal.IsActive("abc"));
    }
}
