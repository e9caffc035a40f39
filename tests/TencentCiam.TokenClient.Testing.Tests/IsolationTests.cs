using Microsoft.IdentityModel.Tokens;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class IsolationTests
{
    [Fact]
    public async Task Portals_share_no_state()
    {
        using var one = new CiamPortalEmulator();
        using var other = new CiamPortalEmulator();
        one.Outage = CiamPortalFault.BadGateway();
        one.FailNext(CiamPortalFault.TooManyRequests());

        var accessToken = await other.GetAccessTokenAsync();
        using var stranger = await other.PostTokenAsync(one.Application.TokenRequest());
        one.RevokeAll();

        Assert.Equal(401, (int)stranger.StatusCode);
        Assert.True(other.IsActive(accessToken));
        Assert.False(one.IsActive(accessToken));
        Assert.Empty(one.Requests);
        Assert.Equal(2, other.Requests.Count);
    }

    [Fact]
    public async Task Each_portal_has_its_own_key()
    {
        using var one = new CiamPortalEmulator();
        using var other = new CiamPortalEmulator();

        var first = Assert.Single(new JsonWebKeySet(await one.GetStringAsync("/oauth2/jwks")).Keys);
        var second = Assert.Single(new JsonWebKeySet(await other.GetStringAsync("/oauth2/jwks")).Keys);

        Assert.NotEqual(first.N, second.N);
        Assert.NotEqual(first.Kid, second.Kid);
    }

    [Fact]
    public async Task A_portal_serves_concurrent_requests_while_its_settings_change()
    {
        using var portal = CreatePortal();
        using var client = portal.CreateClient();
        portal.FailNext(CiamPortalFault.BadGateway(), times: 10);

        await Parallel.ForAsync(0, 100, Cancellation, async (i, cancellationToken) =>
        {
            portal.Application.Scopes = i % 2 == 0 ? ["a"] : ["a", "b"];
            using var request = portal.Post(TokenPath, portal.Application.TokenRequest("a"));
            using var response = await client.SendAsync(request, cancellationToken);
        });

        Assert.Equal(100, portal.Requests.Count);
        Assert.Equal(10, portal.Requests.Count(request => (int?)request.StatusCode == 502));
        Assert.Equal(90, portal.Requests.Count(request => (int?)request.StatusCode == 200));
    }
}
