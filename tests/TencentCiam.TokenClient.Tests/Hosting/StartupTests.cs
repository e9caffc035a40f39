using System.Net;
using System.Security.Authentication;
using Microsoft.Extensions.Hosting;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.Hosting;

/// <summary>What the start of a host does for the first token.</summary>
public sealed class StartupTests
{
    public static TheoryData<string> PermanentErrors => ["secret", "scope", "grant", "response", "certificate"];

    [Fact]
    public async Task With_Lazy_the_first_call_acquires_the_token()
    {
        using var host = new ClientHost();

        await host.StartAsync();
        await host.AdvanceAsync(600, step: 30);

        Assert.Equal(0, host.TokenRequests);
        await host.TokenAsync();
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task With_Warm_the_first_call_does_not_wait()
    {
        using var host = new ClientHost(CiamStartupMode.Warm);

        await host.StartAsync();
        await host.CompletedAsync();

        host.TokenAtOnce();
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task With_Warm_a_portal_that_does_not_respond_does_not_delay_the_start()
    {
        using var host = new ClientHost(CiamStartupMode.Warm);
        host.Portal.Outage = CiamPortalFault.Hang();

        await host.StartAsync();
    }

    [Fact]
    public async Task With_Warm_a_permanent_error_does_not_stop_the_host()
    {
        using var host = new ClientHost(CiamStartupMode.Warm);
        host.Portal.Application.IsEnabled = false;

        await host.StartAsync();
        await host.CompletedAsync();

        Assert.StartsWith(
            "CIAM client (unnamed): background acquisition for the default scope (first token) failed; there is no token that can be "
            + "attached. It will be retried. CIAM rejected",
            Assert.Single(host.Logs.Named("BackgroundAcquisitionFailed")).Message,
            StringComparison.Ordinal);
        Assert.Empty(host.Logs.Named("RefreshFailed"));
    }

    [Theory]
    [InlineData(CiamStartupMode.Warm)]
    [InlineData(CiamStartupMode.Required)]
    public async Task A_failed_first_acquisition_is_retried_until_there_is_a_token_and_then_no_longer(CiamStartupMode mode)
    {
        using var host = new ClientHost(mode);
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        await host.StartAsync();
        await host.AdvanceAsync(60);
        Assert.InRange(host.TokenRequests, 5, 10);

        host.Portal.Outage = null;
        await host.AdvanceAsync(20);
        host.TokenAtOnce();
        var requests = host.TokenRequests;
        await host.AdvanceAsync(3600, step: 10);

        Assert.Equal(requests, host.TokenRequests);
    }

    [Fact]
    public async Task With_Required_the_start_waits_for_the_token()
    {
        using var host = new ClientHost(CiamStartupMode.Required);
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(2)));

        var starting = host.StartAsync();
        await host.Clock.TimerAsync(2, 2);
        Assert.False(starting.IsCompleted);
        host.Clock.AdvanceSeconds(2);
        await starting;

        host.TokenAtOnce();
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task With_Required_no_other_hosted_service_starts_before_there_is_a_token()
    {
        Task<CiamAccessToken>? first = null;
        using var host = new ClientHost(
            CiamStartupMode.Required,
            before: services => services.AddHostedService(provider => new Starting(() =>
                first = provider.GetRequiredService<ICiamTokenProvider>().GetTokenAsync(null, CancellationToken.None).AsTask())));

        await host.StartAsync();

        Assert.True(first!.IsCompletedSuccessfully);
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task With_Required_the_start_waits_at_most_for_AcquisitionTimeout()
    {
        using var host = new ClientHost(CiamStartupMode.Required);
        host.Set("AcquisitionTimeout", "00:00:04");
        host.Portal.Outage = CiamPortalFault.Hang();

        var starting = host.StartAsync();
        await host.Clock.TimerAsync(4, 4);
        host.Clock.AdvanceSeconds(3.9);
        Assert.False(starting.IsCompleted);
        host.Clock.AdvanceSeconds(0.1);

        await starting;
        Assert.Single(host.Logs.Named("StartedWithoutToken"));
    }

    [Fact]
    public async Task With_Required_a_transient_error_is_logged_and_the_host_starts()
    {
        using var host = new ClientHost(CiamStartupMode.Required);
        host.Portal.Outage = CiamPortalFault.TemporarilyUnavailable();

        await host.StartAsync();

        var entry = Assert.Single(host.Logs.Named("StartedWithoutToken"));
        Assert.StartsWith("CIAM client (unnamed): the host starts without a token", entry.Message, StringComparison.Ordinal);
        Assert.Contains("The portal is temporarily unavailable", entry.Message, StringComparison.Ordinal);
        Assert.Equal(3, host.TokenRequests);
    }

    [Theory]
    [MemberData(nameof(PermanentErrors))]
    public async Task With_Required_a_permanent_error_stops_the_host(string error)
    {
        using var host = new ClientHost(services: (services, portal) => AddEurope(services, portal, portal.Application));
        host.Configuration["Ciam:europe:StartupMode"] = "Required";
        switch (error)
        {
            case "secret":
                host.Configuration["Ciam:europe:ClientSecret"] = "wrong";
                break;
            case "scope":
                host.Configuration["Ciam:europe:Scope"] = "unknown";
                break;
            case "grant":
                host.Portal.Outage = CiamPortalFault.OAuthError("unauthorized_client");
                break;
            case "response":
                host.Portal.Outage = CiamPortalFault.Respond(HttpStatusCode.OK, "<html/>");
                break;
            default:
                host.Portal.Outage = CiamPortalFault.Respond(_ => throw new HttpRequestException(
                    HttpRequestError.SecureConnectionError, null, new AuthenticationException("The remote certificate is invalid: UntrustedRoot")));
                break;
        }

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(host.StartAsync);

        Assert.False(thrown.Error.IsTransient);
        Assert.Equal(
            $"The CIAM client \"europe\" got no token, and its StartupMode is Required. {thrown.Error.Message}", thrown.Message);
        Assert.Equal(thrown.Error.StatusCode, thrown.StatusCode);
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task With_Required_one_exception_names_all_clients_with_permanent_errors()
    {
        using var host = new ClientHost(
            CiamStartupMode.Required, services: (services, portal) => AddEurope(services, portal, portal.AddApplication()));
        host.Configuration["Ciam:europe:StartupMode"] = "Required";
        host.Configuration["Ciam:europe:ClientSecret"] = "wrong";
        host.Set("Scope", "unknown");

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(host.StartAsync);

        Assert.Contains("The CIAM client (unnamed) got no token", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("The CIAM client \"europe\" got no token", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_Required_several_clients_are_waited_for_in_parallel()
    {
        using var host = new ClientHost(
            CiamStartupMode.Required, services: (services, portal) => AddEurope(services, portal, portal.AddApplication()));
        host.Configuration["Ciam:europe:StartupMode"] = "Required";
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(2)), times: 2);

        var starting = host.StartAsync();
        await host.Clock.TimerAsync(2, 2);
        await host.Clock.TimerAsync(2, 2);
        host.Clock.AdvanceSeconds(2);
        await starting;

        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task A_cancelled_start_does_not_wait_for_the_token()
    {
        using var host = new ClientHost(CiamStartupMode.Required);
        host.Portal.Outage = CiamPortalFault.Hang();
        using var cancelled = new CancellationTokenSource();

        var starting = Startup(host).StartAsync(cancelled.Token);
        Assert.False(starting.IsCompleted);
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
    }

    [Fact]
    public async Task A_host_that_does_not_know_the_earlier_phases_of_a_start_acquires_the_token_too()
    {
        using var host = new ClientHost(CiamStartupMode.Required);

        await Startup(host).StartAsync(TestContext.Current.CancellationToken);

        host.TokenAtOnce();
    }

    [Fact]
    public async Task A_token_provider_that_replaces_the_librarys_is_left_alone()
    {
        var fake = new FakeProvider();
        using var host = new ClientHost(
            CiamStartupMode.Required, before: services => services.AddSingleton<ICiamTokenProvider>(fake));

        await host.StartAsync();

        Assert.Equal(0, fake.Calls);
        Assert.Equal(0, host.TokenRequests);
    }

    [Fact]
    public async Task A_change_to_Lazy_ends_the_retries_for_the_first_token()
    {
        using var host = new ClientHost(CiamStartupMode.Warm);
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        await host.StartAsync();
        await host.AdvanceAsync(10);
        var requests = host.TokenRequests;

        host.Reload("StartupMode", "Lazy");
        await host.AdvanceAsync(600, step: 10);

        Assert.Equal(requests, host.TokenRequests);
        Assert.Equal(0, host.Clock.Timers);
        Assert.Equal("No token was needed yet.", (await host.HealthAsync()).Description);
    }

    [Fact]
    public async Task After_a_change_of_the_scope_the_first_token_is_one_of_the_new_scope()
    {
        using var host = new ClientHost(CiamStartupMode.Warm);
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        await host.StartAsync();
        await host.AdvanceAsync(5);

        host.Portal.Outage = null;
        host.Reload("Scope", "orders.read");
        await host.AdvanceAsync(60);

        Assert.Equal("orders.read", host.TokenAtOnce().Scope);
    }

    [Fact]
    public async Task StartupMode_is_read_when_the_host_starts()
    {
        using var host = new ClientHost();
        await host.StartAsync();

        host.Reload("StartupMode", "Required");
        await host.AdvanceAsync(60);

        Assert.Equal(0, host.TokenRequests);
    }

    private static IHostedService Startup(ClientHost host)
        => host.Services.GetServices<IHostedService>().Single(service => service.GetType().Name == "ClientStartup");

    private static void AddEurope(IServiceCollection services, CiamPortalEmulator portal, CiamPortalApplication application)
    {
        services.AddCiamClientCredentials("europe").ConfigurePrimaryHttpMessageHandler(portal.CreateHandler);
        services.Configure<CiamClientCredentialsOptions>("europe", options =>
        {
            options.Authority ??= portal.Authority;
            options.ClientId = application.ClientId;
            options.ClientSecret = options.ClientSecret.Length > 0 ? options.ClientSecret : application.ClientSecret;
        });
    }

    private sealed class Starting(Action start) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            start();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class FakeProvider : ICiamTokenProvider
    {
        public int Calls { get; private set; }

        public ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
        {
            Calls++;
            return new(new CiamAccessToken("fake", TimeSpan.FromMinutes(5), DateTimeOffset.UnixEpoch));
        }

        public void Invalidate(CiamAccessToken token)
        {
        }
    }
}
