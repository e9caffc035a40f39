using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace TencentCiam.TokenClient.Fleet.Tests.Servers;

/// <summary>A cache server on a free loopback port, which the test can kill and start again, empty.</summary>
internal abstract class CacheServer : IAsyncDisposable
{
    private ConnectionMultiplexer? _connection;

    public int Port { get; } = FreePort();

    /// <summary>The server's working directory.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("ciam-fleet-").FullName;

    public static async Task<CacheServer> StartAsync(CacheServerKind kind)
    {
        CacheServer server = kind == CacheServerKind.Garnet ? new GarnetCacheServer() : new RedisCacheServer();
        await server.StartAsync();
        return server;
    }

    public abstract Task StartAsync();

    /// <summary>Ends the server without notice. Its entries are lost.</summary>
    public abstract Task KillAsync();

    /// <summary>A connection of one instance of the application.</summary>
    /// <param name="port">The port to connect to instead of the server's, as that of a proxy.</param>
    /// <param name="backlog">
    /// What a call does while the server does not run. By default, it fails: it would wait until a time limit that is not on the
    /// tests' clock.
    /// </param>
    public Task<ConnectionMultiplexer> ConnectAsync(int? port = null, BacklogPolicy? backlog = null)
        => ConnectionMultiplexer.ConnectAsync(new ConfigurationOptions
        {
            EndPoints = { new IPEndPoint(IPAddress.Loopback, port ?? Port) },
            AbortOnConnectFail = false,

            BacklogPolicy = backlog ?? BacklogPolicy.FailFast,

            // Short, so that a test need not wait long for a server that has returned.
            ReconnectRetryPolicy = new LinearRetry(50),
            HeartbeatInterval = TimeSpan.FromMilliseconds(200),

            // Long, so that a machine that is busy fails no test.
            ConnectTimeout = 30_000,
            AsyncTimeout = 30_000,
            SyncTimeout = 30_000,
        });

    /// <summary>The keys of the tokens, without the claims.</summary>
    public async Task<string[]> TokenKeysAsync()
    {
        var keys = (RedisKey[]?)await ExecuteAsync("KEYS", "ciam:*");
        return [.. keys!.Select(key => key.ToString()).Where(key => !key.EndsWith(":claim", StringComparison.Ordinal))];
    }

    /// <summary>How long an entry remains in the cache.</summary>
    public async Task<TimeSpan> LifetimeAsync(string key) => TimeSpan.FromMilliseconds((long)await ExecuteAsync("PTTL", key));

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    protected async Task<RedisResult> ExecuteAsync(string command, params object[] arguments)
    {
        _connection ??= await ConnectAsync(backlog: BacklogPolicy.Default);
        return await _connection.GetDatabase().ExecuteAsync(command, arguments);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
