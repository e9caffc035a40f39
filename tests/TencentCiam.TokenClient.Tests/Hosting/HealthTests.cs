using Microsoft.Extensions.Diagnostics.HealthChecks;
using TencentCiam.TokenClient.Testing;
using TencentCiam.TokenClient.Tests.ClientStore;

namespace TencentCiam.TokenClient.Tests.Hosting;

/// <summary>What the health check of a client reports. <see cref="ClientHost.HealthAsync"/> asserts that it makes no request.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task A_client_that_needed_no_token_yet_is_healthy()
    {
        using var host = new ClientHost();

        var health = await host.HealthAsync();

        Assert.Equal((HealthStatus.Healthy, "No token was needed yet."), (health.Status, health.Description));
        Assert.Equal(0, host.TokenRequests);
    }

    [Fact]
    public async Task A_client_with_a_token_is_healthy()
    {
        using var host = new ClientHost();
        await host.TokenAsync();
        await host.AdvanceAsync(100);

        var health = await host.HealthAsync();

        Assert.Equal((HealthStatus.Healthy, "The token expires in 199 s."), (health.Status, health.Description));
        Assert.Equal("(unnamed)", health.Data["client"]);
        Assert.Equal("", health.Data["scope"]);
        Assert.Equal(199.0, health.Data["remainingLifeSeconds"]);
    }

    [Fact]
    public async Task A_client_whose_token_expired_while_nobody_called_is_healthy()
    {
        using var host = new ClientHost();
        await host.TokenAsync();
        await host.AdvanceAsync(600, step: 10);

        var health = await host.HealthAsync();

        Assert.Equal(HealthStatus.Healthy, health.Status);
        Assert.Equal("The last token expired while nobody called; the next call acquires another.", health.Description);
    }

    [Fact]
    public async Task A_client_whose_last_refresh_failed_before_nobody_called_is_healthy()
    {
        using var host = new ClientHost();
        await host.TokenAsync();
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        await host.AdvanceAsync(250, step: 10);
        host.TokenAtOnce();
        await host.CompletedAsync();
        await host.AdvanceAsync(600, step: 10);

        Assert.Equal(HealthStatus.Healthy, (await host.HealthAsync()).Status);
    }

    [Fact]
    public async Task A_client_whose_refreshes_fail_while_the_token_still_serves_is_degraded()
    {
        using var host = new ClientHost(keepWarm: true);
        await host.TokenAsync();
        host.Portal.Outage = CiamPortalFault.TemporarilyUnavailable();
        await host.AdvanceAsync(245);

        var health = await host.HealthAsync();

        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.StartsWith(
            "The token expires in 54 s, and token acquisition has failed since 2026-11-23 08:0", health.Description, StringComparison.Ordinal);
        Assert.Equal("server_unavailable", health.Data["error"]);
        Assert.Contains("The portal is temporarily unavailable.", (string)health.Data["message"], StringComparison.Ordinal);
        Assert.StartsWith("2026-11-23T08:0", (string)health.Data["since"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_whose_calls_fail_is_unhealthy()
    {
        using var host = new ClientHost();
        host.Portal.Outage = CiamPortalFault.TemporarilyUnavailable();
        await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync());

        var health = await host.HealthAsync();

        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.StartsWith("Token acquisition has failed since 2026-11-23 08:00:00 UTC. ", health.Description, StringComparison.Ordinal);
        Assert.Equal("server_unavailable", health.Data["error"]);
        Assert.False(health.Data.ContainsKey("remainingLifeSeconds"));
    }

    [Fact]
    public async Task Calls_that_fail_now_and_then_keep_the_client_unhealthy()
    {
        using var host = new ClientHost();
        host.Portal.Outage = CiamPortalFault.TemporarilyUnavailable();
        for (var call = 0; call < 5; call++)
        {
            await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync());
            await host.AdvanceAsync(50, step: 10);

            Assert.Equal(HealthStatus.Unhealthy, (await host.HealthAsync()).Status);
        }
    }

    [Fact]
    public async Task A_client_that_nobody_called_for_a_minute_after_a_failure_is_degraded_so_that_it_can_get_calls_again()
    {
        using var host = new ClientHost();
        host.Portal.Outage = CiamPortalFault.TemporarilyUnavailable();
        await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync());
        await host.AdvanceAsync(60);

        var health = await host.HealthAsync();

        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.StartsWith("The last calls failed, and nobody has called since; ", health.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_is_unhealthy_for_as_long_as_a_Retry_After_of_the_portal_fails_its_calls()
    {
        using var host = new ClientHost();
        host.Portal.FailNext(CiamPortalFault.TooManyRequests(TimeSpan.FromMinutes(10)));
        await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync());

        await host.AdvanceAsync(590, step: 10);

        Assert.Equal(HealthStatus.Unhealthy, (await host.HealthAsync()).Status);
    }

    [Fact]
    public async Task A_client_that_is_kept_warm_without_success_is_unhealthy_until_it_has_a_token_without_a_call()
    {
        using var host = new ClientHost(keepWarm: true);
        await host.TokenAsync();
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        await host.AdvanceAsync(600, step: 2);
        Assert.Equal(HealthStatus.Unhealthy, (await host.HealthAsync()).Status);

        host.Portal.Outage = null;
        await host.AdvanceAsync(20);

        Assert.Equal(HealthStatus.Healthy, (await host.HealthAsync()).Status);
    }

    [Theory]
    [InlineData(CiamStartupMode.Warm)]
    [InlineData(CiamStartupMode.Required)]
    public async Task After_a_start_without_a_token_a_client_is_unhealthy_until_it_has_one_without_a_call(CiamStartupMode mode)
    {
        using var host = new ClientHost(mode);
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        await host.StartAsync();
        await host.AdvanceAsync(600, step: 2);
        Assert.Equal(HealthStatus.Unhealthy, (await host.HealthAsync()).Status);

        host.Portal.Outage = null;
        await host.AdvanceAsync(20);

        Assert.Equal(HealthStatus.Healthy, (await host.HealthAsync()).Status);
    }

    [Fact]
    public async Task While_the_first_token_is_acquired_at_the_start_a_client_is_unhealthy()
    {
        using var host = new ClientHost(CiamStartupMode.Warm);
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(7)));
        await host.StartAsync();
        await host.Clock.TimerAsync(7, 7);

        var health = await host.HealthAsync();

        Assert.Equal((HealthStatus.Unhealthy, "The first token is being acquired."), (health.Status, health.Description));
    }

    [Fact]
    public async Task After_recovery_a_client_is_healthy()
    {
        using var host = new ClientHost();
        host.Portal.Outage = CiamPortalFault.TemporarilyUnavailable();
        await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync());
        host.Portal.Outage = null;
        await host.AdvanceAsync(3);
        await host.TokenAsync();

        var health = await host.HealthAsync();

        Assert.Equal(HealthStatus.Healthy, health.Status);
        Assert.False(health.Data.ContainsKey("error"));
    }

    [Fact]
    public async Task Other_scopes_are_described_in_the_data_only()
    {
        using var host = new ClientHost();
        await host.TokenAsync();
        await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync("unknown"));

        var health = await host.HealthAsync();

        Assert.Equal(HealthStatus.Healthy, health.Status);
        Assert.StartsWith(
            "Token acquisition has failed since", (string)health.Data["scope \"unknown\""], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_of_another_scope_alone_leaves_the_client_healthy()
    {
        using var host = new ClientHost();
        await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync("unknown"));

        Assert.Equal(HealthStatus.Healthy, (await host.HealthAsync()).Status);
    }

    [Fact]
    public async Task The_check_has_the_failure_status_and_the_tags_that_it_was_registered_with()
    {
        using var host = new ClientHost(services: (services, portal) =>
        {
            services.AddCiamClientCredentials("europe", _ => { }).UseEmulator(portal);
            services.AddHealthChecks().AddCiamClientCredentials("europe", HealthStatus.Degraded, ["ready"]);
        });
        host.Portal.Application.IsEnabled = false;
        await Assert.ThrowsAsync<CiamTokenException>(() => host.Services.GetRequiredKeyedService<ICiamTokenProvider>("europe")
            .GetTokenAsync(null, TestContext.Current.CancellationToken).AsTask());

        var health = await host.HealthAsync("ciam-europe");

        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Equal(["ready"], health.Tags);
        Assert.Equal("europe", health.Data["client"]);
        Assert.Equal(HealthStatus.Healthy, (await host.HealthAsync()).Status);
    }

    [Fact]
    public async Task Registering_a_check_twice_is_harmless()
    {
        using var host = new ClientHost(services: (services, _) => services.AddHealthChecks().AddCiamClientCredentials(failureStatus: HealthStatus.Degraded));
        host.Portal.Application.IsEnabled = false;
        await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync());

        Assert.Equal(HealthStatus.Unhealthy, (await host.HealthAsync()).Status);
    }

    [Fact]
    public async Task A_client_of_the_store_is_healthy_before_its_first_use_and_does_not_come_into_use_by_its_check()
    {
        using var host = new StoreHost(services: services => services.AddHealthChecks().AddCiamClientCredentials("tenant-42"));
        host.Add("tenant-42");

        var health = await CheckAsync(host.Services, "ciam-tenant-42");

        Assert.Equal((HealthStatus.Healthy, "No token was needed yet."), (health.Status, health.Description));
        Assert.Equal(0, host.ClientsInUse);
    }

    [Fact]
    public async Task A_client_of_the_store_with_state_is_judged_by_it()
    {
        using var host = new StoreHost(services: services => services.AddHealthChecks().AddCiamClientCredentials("tenant-42"));
        host.Add("tenant-42");
        await host.TokenAsync("tenant-42");
        Assert.Equal("The token expires in 299 s.", (await CheckAsync(host.Services, "ciam-tenant-42")).Description);

        host.Clock.AdvanceSeconds(400);
        host.Store.Clients.TryRemove("tenant-42", out _);
        await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync("tenant-42"));

        var health = await CheckAsync(host.Services, "ciam-tenant-42");
        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.Equal("client_not_found", health.Data["error"]);
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task A_check_of_a_client_that_is_not_registered_says_so()
    {
        using var host = new ClientHost(services: (services, _) => services.AddHealthChecks().AddCiamClientCredentials("europe"));

        var health = await host.HealthAsync("ciam-europe");

        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.Equal(
            "The CIAM client \"europe\" of the health check is not registered, and there is no client store. Registered: the "
            + "unnamed client.",
            health.Exception!.Message);
    }

    [Fact]
    public async Task A_token_provider_that_replaces_the_librarys_is_not_asked()
    {
        using var host = new ClientHost(before: services => services.AddSingleton<ICiamTokenProvider, Failing>());

        var report = await CheckAsync(host.Services, "ciam");

        Assert.Equal(HealthStatus.Healthy, report.Status);
    }

    [Fact]
    public async Task Neither_description_nor_data_hold_the_secret_or_a_token()
    {
        using var host = new ClientHost();
        var token = await host.TokenAsync();
        await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync("unknown"));

        var health = await host.HealthAsync();

        var texts = health.Data.Values.Select(value => value.ToString()!).Append(health.Description!).ToList();
        Assert.True(texts.Count > 3);
        Assert.All(texts, text =>
        {
            Assert.DoesNotContain(token.Value, text, StringComparison.Ordinal);
            Assert.DoesNotContain(host.Portal.Application.ClientSecret, text, StringComparison.Ordinal);
        });
    }

    private static async Task<HealthReportEntry> CheckAsync(IServiceProvider services, string name)
        => (await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken))
            .Entries[name];

    private sealed class Failing : ICiamTokenProvider
    {
        public ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
            => throw new InvalidOperationException();

        public void Invalidate(CiamAccessToken token)
        {
        }
    }
}
