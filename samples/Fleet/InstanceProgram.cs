using Microsoft.Extensions.Caching.Distributed;
using StackExchange.Redis;

namespace Fleet;

/// <summary>One instance of a program that calls the orders API.</summary>
internal static class InstanceProgram
{
    /// <summary>The argument with which the program starts itself as an instance.</summary>
    public const string Argument = "instance";

    /// <summary>
    /// More than the default of 250 milliseconds. Here, all instances and the server share one machine; while it is busy, slow
    /// reads would otherwise count as an outage of the cache.
    /// </summary>
    public static readonly TimeSpan CacheTimeout = TimeSpan.FromSeconds(3);

    public static bool IsInstance(string[] args)
        => args is [Argument] && Environment.GetEnvironmentVariable("Instance__Name") is not null;

    public static async Task RunAsync()
    {
        ParentConnection.Open();
        var builder = Host.CreateApplicationBuilder();

        // The portal and the API of this sample count what happens. Your own program needs a log.
        builder.Logging.ClearProviders();
        var settings = builder.Configuration.GetRequiredSection("Instance").Get<InstanceSettings>()!;

        // This is all that instances need in order to share their tokens. Environment variables make up the section "Ciam".
        builder.Services.AddStackExchangeRedisCache(options => options.ConfigurationOptions = CreateCacheOptions(settings));
        builder.Services.AddCiamClientCredentials()
            .AddDistributedTokenCache(options =>
            {
                options.KeyPrefix = settings.KeyPrefix;
                options.Timeout = CacheTimeout;
            })
            .ConfigureHttpClient(SetUserAgent);
        builder.Services.AddHttpClient<OrdersClient>(client => client.BaseAddress = settings.OrdersAddress)
            .AddCiamClientCredentialsHandler()
            .ConfigureHttpClient(SetUserAgent);

        builder.Services.AddHostedService<OrdersWorker>();
        WarmUp.Add(builder.Services, builder.Configuration, settings);
        using var host = builder.Build();

        // The first connection takes longer than a read or write, and must not count as one that has timed out.
        await host.Services.GetRequiredService<IDistributedCache>().GetAsync("connect");
        await WarmUp.RunAsync(host.Services);
        await host.RunAsync();

        // So that the portal and the API can tell the instances apart.
        void SetUserAgent(HttpClient client) => client.DefaultRequestHeaders.UserAgent.ParseAdd(settings.Name);
    }

    private static ConfigurationOptions CreateCacheOptions(InstanceSettings settings) => new()
    {
        EndPoints = { settings.CacheAddress },

        // While there is no connection, a read fails at once. By default, it would wait for one, and with it the token request.
        BacklogPolicy = BacklogPolicy.FailFast,

        // By default, the pauses between attempts to connect grow to longer than the tokens of this sample live.
        ReconnectRetryPolicy = new LinearRetry(500),

        // Twenty processes that start on one machine can keep it busy for longer than the defaults of 5 seconds.
        ConnectTimeout = 60_000,
        AsyncTimeout = 60_000,
    };
}

/// <summary>The section "Instance".</summary>
/// <param name="Name">The name of the instance.</param>
/// <param name="OrdersAddress">The address of the orders API.</param>
/// <param name="CacheAddress">The address of the Redis server, as host:port.</param>
/// <param name="KeyPrefix">What the keys of the shared tokens begin with.</param>
internal sealed record InstanceSettings(string Name, Uri OrdersAddress, string CacheAddress, string KeyPrefix);
