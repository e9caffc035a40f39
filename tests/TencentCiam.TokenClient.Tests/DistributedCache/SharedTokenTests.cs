using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.DistributedCache;

public sealed class SharedTokenTests
{
    [Fact]
    public async Task A_new_instance_adopts_the_token_of_another_with_one_read_of_the_cache_and_no_request()
    {
        using var fleet = new Fleet(instances: 2);
        var token = await fleet.TokenAsync(0);
        fleet.Cache.Calls.Clear();

        Assert.Equal(token.Value, (await fleet.TokenAsync(1)).Value);
        Assert.Equal(1, fleet.TokenRequests);
        Assert.Equal(["get token"], fleet.Cache.Calls);
    }

    [Fact]
    public async Task One_refresh_serves_all_instances()
    {
        using var fleet = new Fleet(instances: 3);
        for (var i = 0; i < 3; i++)
        {
            await fleet.TokenAsync(i);
        }

        fleet.Clock.AdvanceSeconds(245);
        for (var i = 0; i < 3; i++)
        {
            await fleet.TokenAsync(i);
        }

        var refreshed = new HashSet<string> { (await fleet.TokenAsync(0)).Value };
        refreshed.Add((await fleet.TokenAsync(1)).Value);
        refreshed.Add((await fleet.TokenAsync(2)).Value);
        Assert.Single(refreshed);
        Assert.Equal(2, fleet.TokenRequests);
    }

    [Fact]
    public async Task A_rejected_token_is_not_adopted_again_and_its_replacement_serves_all_instances()
    {
        using var fleet = new Fleet(instances: 3);
        var tokens = new List<CiamAccessToken>();
        for (var i = 0; i < 3; i++)
        {
            tokens.Add(await fleet.TokenAsync(i));
        }

        fleet.Clock.AdvanceSeconds(30);
        for (var i = 0; i < 3; i++)
        {
            fleet.Tokens(i).Invalidate(tokens[i]);
            Assert.NotEqual(tokens[i].Value, (await fleet.TokenAsync(i)).Value);
        }

        Assert.Equal(2, fleet.TokenRequests);
    }

    [Fact]
    public async Task A_call_whose_request_fails_gets_the_token_that_another_instance_acquired_meanwhile()
    {
        using var fleet = new Fleet(instances: 2);
        fleet.Portal.FailNext(CiamPortalFault.TemporarilyUnavailable(), times: 3);
        await Assert.ThrowsAsync<CiamTokenException>(() => fleet.TokenAsync(0));
        fleet.Clock.AdvanceSeconds(2);
        fleet.Portal.FailNext(CiamPortalFault.Hang());
        var pending = fleet.TokenAsync(0);

        // Otherwise the other instance could be the one that gets no response.
        await CiamHost.RequestedAsync(fleet.Portal, 4);
        var token = await fleet.TokenAsync(1);
        fleet.Clock.AdvanceSeconds(10);

        Assert.Equal(token.Value, (await pending).Value);
    }

    [Fact]
    public async Task The_claim_is_withdrawn_when_the_request_has_ended()
    {
        using var fleet = new Fleet();
        await fleet.TokenAsync();

        Assert.Equal(["get token", "get claim", "set claim", "get claim", "get token", "set token", "remove claim"], fleet.Cache.Calls);
        Assert.Single(fleet.Cache.Entries);
    }

    [Fact]
    public async Task A_cache_that_throws_fails_no_call()
    {
        using var fleet = new Fleet();
        fleet.Cache.Before = () => throw new InvalidOperationException();

        await fleet.TokenAsync();

        Assert.Equal(1, fleet.TokenRequests);
    }

    [Fact]
    public async Task A_token_survives_in_the_cache_as_long_as_it_lives()
    {
        using var fleet = new Fleet();
        await fleet.TokenAsync();

        Assert.Equal(TimeSpan.FromSeconds(299), fleet.Cache.Lifetimes[Assert.Single(fleet.Cache.TokenKeys)]);
    }
}
