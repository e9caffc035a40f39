using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class UseEmulatorTests : IDisposable
{
    private readonly CiamPortalEmulator _portal = CreatePortal(timeProvider: new FakeTimeProvider());
    private readonly ServiceCollection _services = new();

    public void Dispose() => _portal.Dispose();

    [Theory]
    [InlineData("TencentCiam.TokenClient", "")]
    [InlineData("TencentCiam.TokenClient:orders", "orders")]
    public async Task UseEmulator_connects_only_this_client_to_the_portal(string httpClientName, string optionsName)
    {
        _services.Configure<CiamClientCredentialsOptions>(optionsName, options =>
        {
            options.ClientId = "real";
            options.Scope = "kept";
        });
        var builder = new Builder(_services.AddHttpClient(httpClientName));

        Assert.Same(builder, builder.UseEmulator(_portal));

        await using var provider = _services.BuildServiceProvider();
        var monitor = provider.GetRequiredService<IOptionsMonitor<CiamClientCredentialsOptions>>();
        var options = monitor.Get(optionsName);
        Assert.Equal(_portal.Authority, options.Authority);
        Assert.Equal(_portal.Application.ClientId, options.ClientId);
        Assert.Equal(_portal.Application.ClientSecret, options.ClientSecret);
        Assert.Equal("kept", options.Scope);
        Assert.Null(monitor.Get("another").Authority);

        using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient(httpClientName);
        using var request = _portal.Post(TokenPath, _portal.Application.TokenRequest());
        using var response = await client.SendAsync(request, Cancellation);
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task UseEmulator_uses_the_credentials_of_the_given_application()
    {
        var application = _portal.AddApplication();
        new Builder(_services.AddHttpClient("TencentCiam.TokenClient")).UseEmulator(_portal, application);

        await using var provider = _services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<CiamClientCredentialsOptions>>().Value;
        Assert.Equal(application.ClientId, options.ClientId);
        Assert.Equal(application.ClientSecret, options.ClientSecret);
    }

    [Fact]
    public async Task The_client_does_not_get_a_secret_that_changes_after_UseEmulator()
    {
        var known = _portal.Application.ClientSecret;
        new Builder(_services.AddHttpClient("TencentCiam.TokenClient")).UseEmulator(_portal);
        _portal.Application.ClientSecret = "rotated";

        await using var provider = _services.BuildServiceProvider();

        Assert.Equal(known, provider.GetRequiredService<IOptions<CiamClientCredentialsOptions>>().Value.ClientSecret);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_client_uses_the_portals_clock_instead_of_the_system_clock(bool systemClockIsRegistered)
    {
        if (systemClockIsRegistered)
        {
            _services.AddSingleton(TimeProvider.System);
        }

        new Builder(_services.AddHttpClient("TencentCiam.TokenClient")).UseEmulator(_portal);

        await using var provider = _services.BuildServiceProvider();

        Assert.Same(_portal.TimeProvider, provider.GetRequiredService<TimeProvider>());
    }

    [Fact]
    public async Task A_clock_that_the_test_registered_takes_precedence()
    {
        var clock = new FakeTimeProvider();
        _services.AddSingleton<TimeProvider>(clock);
        new Builder(_services.AddHttpClient("TencentCiam.TokenClient")).UseEmulator(_portal);

        await using var provider = _services.BuildServiceProvider();

        Assert.Same(clock, provider.GetRequiredService<TimeProvider>());
    }

    private sealed class Builder(IHttpClientBuilder inner) : ICiamClientCredentialsBuilder
    {
        public string Name => inner.Name;

        public IServiceCollection Services => inner.Services;
    }
}
