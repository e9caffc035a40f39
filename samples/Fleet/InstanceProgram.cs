using Microsoft.Extensions.Caching.Distributed;
using StackExchange.Redis;

namespace Fleet;

/// <summary>One instance of a program that calls the orders API, as its author would write it.</summary>
internal static class InstanceProgram
{
    /// <summary>The argument with which the program starts itself as an instance.</summary>
    public const string Argument = "instance";

    /// <summary>The output once the instance could call the orders API. It does so after a line of input.</summary>
    public const string Ready = "ready";

    /// <summary>Whether the program was started as an instance, by itself.</summary>
    public static bool IsInstance(string[] args)
        => args is [Argument] && Environment.GetEnvironmentVariable("Instance__Name") is not null;

    public static async Task RunAsync()
    {
        var builder = Host.CreateApplicationBuilder();

        // The portal and the API of this sample count what happens. Your own program needs a log.
        builder.Logging.ClearProviders();
        var settings = builder.Configuration.GetRequiredSection("Instance").Get<InstanceSettings>()!;

        builder.Services.AddStackExchangeRedisCache(options => options.ConfigurationOptions = new ConfigurationOptions
        {
            EndPoints = { settings.CacheAddress },

            // While there is no connection, a read fails at once. By default, it would wait for one, and with it the token request.
            BacklogPolicy = BacklogPolicy.FailFast,

            // By default, the pauses between attempts to connect grow to longer than the tokens of this sample live.
            ReconnectRetryPolicy = new LinearRetry(500),

            // Twenty processes that start on one machine can keep it busy for longer than the defaults of 5 seconds.
            ConnectTimeout = 60_000,
            AsyncTimeout = 60_000,
        });

        // The section "Ciam" comes from environment variables.
        builder.Services.AddCiamClientCredentials()
            .AddDistributedTokenCache(options =>
            {
                options.KeyPrefix = settings.KeyPrefix;
                if (Environment.GetEnvironmentVariable("TMO") is { } t) options.Timeout = TimeSpan.FromMilliseconds(int.Parse(t, System.Globalization.CultureInfo.InvariantCulture));
            })
            .ConfigureHttpClient(SetUserAgent);

        builder.Services.AddHttpClient<OrdersClient>(client => client.BaseAddress = settings.OrdersAddress)
            .AddCiamClientCredentialsHandler()
            .ConfigureHttpClient(SetUserAgent);

        builder.Services.AddHostedService<OrdersWorker>();
        using var host = builder.Build();

        // The first connection takes longer than a read or write, and must not count as one that has timed out.
        await host.Services.GetRequiredService<IDistributedCache>().GetAsync("connect");

        // The parent starts the calls of all instances at once.
        Console.WriteLine(Ready);
        await Console.In.ReadLineAsync();
        StopWithParent(host.Services.GetRequiredService<IHostApplicationLifetime>());
        await host.RunAsync();

        // So that the portal and the API can tell the instances apart.
        void SetUserAgent(HttpClient client) => client.DefaultRequestHeaders.UserAgent.ParseAdd(settings.Name);
    }

    // The input ends when the parent does, even if it is killed.
    private static void StopWithParent(IHostApplicationLifetime lifetime)
        => new Thread(() =>
        {
            Console.In.ReadToEnd();
            lifetime.StopApplication();
        })
        {
            IsBackground = true,
        }.Start();
}

/// <summary>The section "Instance".</summary>
/// <param name="Name">The name of the instance.</param>
/// <param name="OrdersAddress">The address of the orders API.</param>
/// <param name="CacheAddress">The address of the Redis server, as host:port.</param>
/// <param name="KeyPrefix">What the keys of the shared tokens begin with.</param>
internal sealed record InstanceSettings(string Name, Uri OrdersAddress, string CacheAddress, string KeyPrefix);
