using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.DistributedCache;

public sealed class RegistrationTests : IDisposable
{
    private readonly CiamPortalEmulator _portal = new(signingKey: CiamHost.SigningKey);

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task A_host_without_a_cache_does_not_start_and_the_message_names_a_package_that_has_one()
    {
        var thrown = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(services => Register(services)));

        Assert.Contains("Microsoft.Extensions.Caching.StackExchangeRedis", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("AddDistributedTokenCache", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cache_may_be_registered_after_the_client()
        => await StartAsync(services =>
        {
            Register(services);
            services.AddSingleton<IDistributedCache>(Cache());
        });

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(60_001)]
    public async Task A_Timeout_out_of_range_stops_the_host(int milliseconds)
    {
        var thrown = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(services =>
        {
            services.AddSingleton<IDistributedCache>(Cache());
            Register(services, options => options.Timeout = TimeSpan.FromMilliseconds(milliseconds));
        }));

        Assert.Contains("Timeout", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_KeyPrefix_of_null_stops_the_host()
    {
        var thrown = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(services =>
        {
            services.AddSingleton<IDistributedCache>(Cache());
            Register(services, options => options.KeyPrefix = null!);
        }));

        Assert.Contains("KeyPrefix", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_calls_are_harmless_and_both_configure()
    {
        var cache = new FakeCache();
        var services = new ServiceCollection();
        services.AddSingleton<IDistributedCache>(cache);
        Register(services, options => options.KeyPrefix = "first:")
            .AddDistributedTokenCache(options => options.KeyPrefix += "second:");
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<ICiamTokenProvider>().GetTokenAsync(
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(1, cache.Calls.Count(call => call == "set claim"));
        Assert.All(cache.Lifetimes.Keys, key => Assert.StartsWith("first:second:", key, StringComparison.Ordinal));
        Assert.Single(_portal.Requests);
    }

    [Fact]
    public async Task The_clients_of_a_store_share_their_tokens_too()
    {
        var cache = new FakeCache();
        var services = new ServiceCollection();
        services.AddSingleton<IDistributedCache>(cache);
        services.AddSingleton(_portal);
        services.AddCiamClientStore<Store>().UseEmulator(_portal).AddDistributedTokenCache();
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<ICiamTokenProviderFactory>().GetProvider("acme").GetTokenAsync(
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Contains("set claim", cache.Calls);
    }

    [Fact]
    public async Task A_client_for_which_it_was_not_called_does_not_use_the_cache()
    {
        var cache = new FakeCache();
        var services = new ServiceCollection();
        services.AddSingleton<IDistributedCache>(cache);
        Register(services);
        services.AddCiamClientCredentials("partners", _ => { }).UseEmulator(_portal);
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredKeyedService<ICiamTokenProvider>("partners").GetTokenAsync(
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Empty(cache.Calls);
    }

    private static MemoryDistributedCache Cache() => new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));

    private ICiamClientCredentialsBuilder Register(
        IServiceCollection services, Action<CiamDistributedTokenCacheOptions>? configure = null)
        => services.AddCiamClientCredentials(_ => { }).UseEmulator(_portal).AddDistributedTokenCache(configure);

    private static async Task StartAsync(Action<IServiceCollection> register)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        register(builder.Services);
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Store(CiamPortalEmulator portal) : ICiamClientStore
    {
        public ValueTask<CiamClientCredentialsOptions?> FindAsync(string name, CancellationToken cancellationToken)
            => new(new CiamClientCredentialsOptions
            {
                Authority = portal.Authority,
                ClientId = portal.Application.ClientId,
                ClientSecret = portal.Application.ClientSecret,
            });
    }
}
