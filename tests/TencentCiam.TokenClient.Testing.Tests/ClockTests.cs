using Microsoft.IdentityModel.JsonWebTokens;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class ClockTests : IDisposable
{
    private readonly CiamPortalClock _clock = new();
    private readonly CiamPortalEmulator _portal;

    public ClockTests()
    {
        _portal = CreatePortal(timeProvider: _clock);
    }

    public void Dispose() => _portal.Dispose();

    [Fact]
    public void The_clock_shows_the_systems_time_plus_its_offset()
    {
        var system = TimeProvider.System.GetUtcNow();
        _clock.Offset = TimeSpan.FromDays(1);
        var ahead = _clock.GetUtcNow();
        _clock.Offset = TimeSpan.FromDays(-1);
        var behind = _clock.GetUtcNow();

        Assert.InRange(ahead - system, TimeSpan.FromDays(1), TimeSpan.FromDays(1.5));
        Assert.InRange(system - behind, TimeSpan.FromDays(0.5), TimeSpan.FromDays(1));
    }

    [Fact]
    public async Task A_token_expires_when_the_clock_is_moved_past_its_lifetime()
    {
        var accessToken = await _portal.GetAccessTokenAsync();
        Assert.True(_portal.IsActive(accessToken));

        _clock.Offset = _portal.Application.AccessTokenLifetime;

        Assert.False(_portal.IsActive(accessToken));
        var next = new JsonWebToken(await _portal.GetAccessTokenAsync());
        Assert.InRange(next.IssuedAt - new JsonWebToken(accessToken).IssuedAt, TimeSpan.FromSeconds(600), TimeSpan.FromDays(1));
    }

    [Fact]
    public void An_offset_of_more_than_36500_days_is_rejected()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _clock.Offset = TimeSpan.FromDays(36_501));
        Assert.Throws<ArgumentOutOfRangeException>(() => _clock.Offset = TimeSpan.FromDays(-36_501));
        Assert.Equal(TimeSpan.Zero, _clock.Offset);
    }
}
