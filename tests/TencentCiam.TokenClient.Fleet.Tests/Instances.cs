using System.Net;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using TencentCiam.TokenClient.Fleet.Tests.Servers;
using TencentCiam.TokenClient.Testing;
using TencentCiam.TokenClient.Tests;

namespace TencentCiam.TokenClient.Fleet.Tests;

/// <summary>
/// Owns the portal and the instances of an application that share its tokens. Each instance is a container of its own with its own
/// connection to the cache.
/// </summary>
internal sealed class Instances(CacheServer server, TimeProvider? clock = null) : IAsyncDisposable
{
    private readonly List<ServiceProvider> _containers = [];
    private readonly List<ConnectionMultiplexer> _connections = [];

    public CiamPortalEmulator Portal { get; } = CreatePortal(clock);

    public LogCollector Logs { get; } = new();

    public int TokenRequests => Portal.Requests.Count(request => request.Path == "/oauth2/token");

    /// <summary>Starts an instance that is connected to the cache.</summary>
    /// <param name="instanceClock">Its clock instead of the fleet's.</param>
    /// <param name="port">The port of the cache.</param>
    /// <param name="application">Its application, instead of the portal's first.</param>
    /// <param name="configure">Sets how the cache is used.</param>
    public async Task<ServiceProvider> AddAsync(
        TimeProvider? instanceClock = null,
        int? port = null,
        CiamPortalApplication? application = null,
        Action<CiamDistributedTokenCacheOptions>? configure = null)
    {
        var connection = await server.ConnectAsync(port);
        _connections.Add(connection);
        var container = Create(
            services => services.AddStackExchangeRedisCache(
                options => options.ConnectionMultiplexerFactory = () => Task.FromResult<IConnectionMultiplexer>(connection)),
            instanceClock,
            application,
            configure);

        // The first call of a cache sets up more than a connection, and may take longer than the Timeout.
        await Cache(container).GetAsync("first", TestContext.Current.CancellationToken);
        return container;
    }

    /// <summary>Starts another instance on the connection of a running one.</summary>
    public ServiceProvider AddToConnectionOf(ServiceProvider instance)
        => Create(services => services.AddSingleton(Cache(instance)), null, null, null);

    public static IDistributedCache Cache(ServiceProvider instance) => instance.GetRequiredService<IDistributedCache>();

    public static async Task<CiamAccessToken> TokenAsync(ServiceProvider instance, string? scope = null)
        => await instance.GetRequiredService<ICiamTokenProvider>().GetTokenAsync(scope, TestContext.Current.CancellationToken);

    /// <summary>Calls an API that accepts the portal's tokens until they expire.</summary>
    public static async Task<HttpStatusCode> CallApiAsync(ServiceProvider instance)
    {
        using var http = instance.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        using var response = await http.GetAsync(new Uri("orders", UriKind.Relative), TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    /// <summary>Gets a token, and waits until it is in the cache.</summary>
    /// <returns>The token, and the key of its entry.</returns>
    public async Task<(CiamAccessToken Token, string Key)> SharedTokenAsync(ServiceProvider instance, string? scope = null)
    {
        var before = await server.TokenKeysAsync();
        var token = await TokenAsync(instance, scope);
        while (true)
        {
            if ((await server.TokenKeysAsync()).Except(before).SingleOrDefault() is { } key)
            {
                return (token, key);
            }

            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var container in _containers)
        {
            await container.DisposeAsync();
        }

        foreach (var connection in _connections)
        {
            // Not closed: that would wait for a server that does not respond.
            await connection.CloseAsync(allowCommandsToComplete: false);
        }

        Portal.Dispose();
    }

    private ServiceProvider Create(
        Action<IServiceCollection> addCache,
        TimeProvider? instanceClock,
        CiamPortalApplication? application,
        Action<CiamDistributedTokenCacheOptions>? configure)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(Logs).SetMinimumLevel(LogLevel.Trace));
        services.AddSingleton(instanceClock ?? clock ?? TimeProvider.System);
        addCache(services);

        // On a fake clock, nobody would end the pauses.
        services.AddCiamClientCredentials(_ => { })
            .UseEmulator(Portal, application, pauseBetweenAttempts: clock is null)
            .AddDistributedTokenCache(configure);
        services.AddHttpClient("api", client => client.BaseAddress = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler()
            .ConfigurePrimaryHttpMessageHandler(
                () => Portal.CreateResourceServerHandler(_ => new HttpResponseMessage(HttpStatusCode.OK)));
        var container = services.BuildServiceProvider();
        _containers.Add(container);
        return container;
    }

    private static CiamPortalEmulator CreatePortal(TimeProvider? clock)
    {
        var portal = new CiamPortalEmulator(timeProvider: clock);
        portal.Application.Scopes = ["orders.read", "orders.write"];
        portal.Application.AccessTokenLifetime = TimeSpan.FromSeconds(300);
        return portal;
    }
}
