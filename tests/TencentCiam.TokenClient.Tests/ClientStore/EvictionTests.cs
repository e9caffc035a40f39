using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.ClientStore;

/// <summary>What nobody uses is dropped. Slots are checked every 30 seconds.</summary>
public sealed class EvictionTests
{
    [Fact]
    public async Task A_client_that_nobody_uses_is_forgotten_after_an_hour_although_its_token_has_not_expired()
    {
        using var host = new StoreHost(lifetimeSeconds: 86_400);
        host.Add("tenant");
        await host.TokenAsync("tenant");

        Advance(host.Clock, minutes: 59);
        Assert.Equal(1, host.ClientsInUse);
        Advance(host.Clock, minutes: 2);

        Assert.Equal(0, host.ClientsInUse);
        Assert.Equal(0, host.Slots);
    }

    [Fact]
    public async Task A_client_in_use_is_kept()
    {
        using var host = new StoreHost(lifetimeSeconds: 86_400);
        host.Add("tenant");
        var token = await host.TokenAsync("tenant");

        for (var minutes = 0; minutes < 600; minutes += 50)
        {
            Assert.Same(token, await host.TokenAsync("tenant"));
            Advance(host.Clock, minutes: 50);
        }

        Assert.Single(host.Store.Lookups);
    }

    [Fact]
    public async Task A_client_without_an_unexpired_token_is_forgotten_after_a_minute()
    {
        using var host = new StoreHost();
        host.Add("tenant");
        await host.TokenAsync("tenant");
        await host.ErrorAsync("unknown");

        Advance(host.Clock, minutes: 2);
        Assert.Equal(1, host.ClientsInUse);
        Advance(host.Clock, minutes: 5);

        Assert.Equal(0, host.ClientsInUse);
    }

    [Fact]
    public void A_client_that_was_found_by_its_name_only_is_forgotten_after_a_minute()
    {
        using var host = new StoreHost();
        host.Tokens("tenant");
        Assert.Equal(1, host.ClientsInUse);

        Advance(host.Clock, minutes: 2);

        Assert.Equal(0, host.ClientsInUse);
    }

    [Fact]
    public async Task A_forgotten_clients_provider_still_works_and_shares_the_token_with_a_new_one()
    {
        using var host = new StoreHost();
        host.Add("tenant");
        var old = host.Tokens("tenant");
        Advance(host.Clock, minutes: 2);

        var token = await old.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.NotSame(old, host.Tokens("tenant"));
        Assert.Same(token, await host.TokenAsync("tenant"));
        Assert.Equal(1, host.TokenRequests);
        old.Invalidate(token);
        Assert.NotSame(token, await host.TokenAsync("tenant"));
    }

    [Fact]
    public async Task Of_clients_without_a_token_the_latest_10_000_are_kept()
    {
        using var host = new StoreHost();
        host.Add("tenant");
        await host.TokenAsync("tenant");
        for (var i = 0; i < 10_500; i++)
        {
            host.Tokens($"made-up-{i}");
        }

        Assert.Equal(10_001, host.ClientsInUse);
        Assert.Equal(10_001, host.Slots);
        await host.TokenAsync("tenant");
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task Failing_lookups_of_names_from_outside_are_bounded_too()
    {
        using var host = new StoreHost();
        for (var i = 0; i < 10_100; i++)
        {
            await Assert.ThrowsAsync<CiamTokenException>(() => host.Tokens($"made-up-{i}")
                .GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());
        }

        Assert.Equal(10_000, host.ClientsInUse);
    }

    [Fact]
    public async Task Names_of_clients_that_were_forgotten_are_no_longer_in_memory()
    {
        using var host = new StoreHost();
        List<WeakReference<string>> names = [];
        for (var i = 0; i < 200; i++)
        {
            names.Add(await UseAsync(host, exists: i % 2 == 0));
        }

        Advance(host.Clock, minutes: 10);
        GC.Collect();

        // A thread may still hold what it ran last.
        Assert.Equal(0, host.ClientsInUse);
        Assert.InRange(names.Count(name => name.TryGetTarget(out _)), 0, 20);

        // A method of its own, so that no local variable holds the name.
        static async Task<WeakReference<string>> UseAsync(StoreHost host, bool exists)
        {
            var name = Guid.NewGuid().ToString();
            if (exists)
            {
                host.Add(name);
                await host.TokenAsync(name);
            }
            else
            {
                await host.ErrorAsync(name);
            }

            host.Store.Clients.Clear();
            host.Store.Lookups.Clear();
            host.Logs.Entries.Clear();
            return new(name);
        }
    }

    [Fact]
    public async Task Scopes_of_a_registered_client_that_nobody_uses_are_dropped_but_not_its_own()
    {
        using var host = new CiamHost();
        await host.TokenAsync();
        await host.TokenAsync("orders.read");
        var provider = (CiamTokenProvider)host.Tokens;
        Assert.Equal(2, provider.LatestAcquisitions.Count);

        Advance(host.Clock, minutes: 10);

        Assert.Equal([""], provider.LatestAcquisitions.Keys);
        Assert.Equal("orders.read", (await host.TokenAsync("orders.read")).Scope);
    }

    [Fact]
    public async Task A_registered_client_whose_own_scope_was_never_used_works_after_its_other_scopes_were_dropped()
    {
        using var host = new CiamHost();
        await host.TokenAsync("orders.read");
        Advance(host.Clock, minutes: 10);

        Assert.Equal("orders.read", (await host.TokenAsync("orders.read")).Scope);
    }

    [Fact]
    public async Task Scopes_from_outside_do_not_grow_a_registered_clients_memory_without_bound()
    {
        using var host = new CiamHost();
        for (var i = 0; i < 10_100; i++)
        {
            await Assert.ThrowsAsync<CiamTokenException>(
                () => host.Tokens.GetTokenAsync($"made-up-{i}", TestContext.Current.CancellationToken).AsTask());
        }

        Assert.Equal(10_000, ((CiamTokenProvider)host.Tokens).LatestAcquisitions.Count);
    }

    [Fact]
    public async Task A_Retry_After_is_still_obeyed_by_a_client_that_was_not_used_meanwhile()
    {
        using var host = new StoreHost();
        host.Add("tenant");
        host.Portal.FailNext(CiamPortalFault.TooManyRequests(TimeSpan.FromMinutes(10)));
        await host.ErrorAsync("tenant");

        Advance(host.Clock, minutes: 9);
        await host.ErrorAsync("tenant");
        Assert.Equal(1, host.TokenRequests);
        Advance(host.Clock, minutes: 2);

        await host.TokenAsync("tenant");
    }

    [Fact]
    public async Task A_client_whose_token_is_being_acquired_is_kept()
    {
        using var host = new StoreHost();
        host.Add("tenant");
        var release = new TaskCompletionSource();
        host.Store.Wait = _ => release.Task;
        var tokens = host.Tokens("tenant");
        var pending = tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        for (var i = 0; i < 10_500; i++)
        {
            host.Tokens($"made-up-{i}");
        }

        Assert.Same(tokens, host.Tokens("tenant"));
        release.SetResult();
        await pending;
        Advance(host.Clock, minutes: 10);
        Assert.Equal(0, host.ClientsInUse);
    }

    [Fact]
    public async Task Nothing_runs_while_no_slot_may_be_dropped()
    {
        using var host = new StoreHost();
        using var registered = new CiamHost();
        await registered.TokenAsync();
        Assert.False(registered.Services.GetRequiredService<SlotEviction>().IsRunning);
        host.Tokens("tenant");
        Assert.True(host.Services.GetRequiredService<SlotEviction>().IsRunning);

        Advance(host.Clock, minutes: 2);

        Assert.False(host.Services.GetRequiredService<SlotEviction>().IsRunning);
        host.Tokens("tenant");
        Advance(host.Clock, minutes: 2);
        Assert.Equal(0, host.ClientsInUse);
    }

    private static void Advance(TestClock clock, int minutes)
    {
        for (var i = 0; i < minutes * 2; i++)
        {
            clock.AdvanceSeconds(30);
        }
    }
}
