using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>This library only: what the StartupMode of many clients adds to the start of a host.</summary>
internal static class WarmStart
{
    private const int Clients = 100;

    public static async Task<IReadOnlyList<Figure>> RunAsync(Effort effort)
    {
        var runs = effort == Effort.Full ? 21 : 1;
        await StartAsync(CiamStartupMode.Required);
        var figures = new List<Figure>();
        foreach (var mode in Enum.GetValues<CiamStartupMode>())
        {
            var took = new List<double>();
            var requests = 0;
            for (var run = 0; run < runs; run++)
            {
                (var time, requests) = await StartAsync(mode);
                took.Add(time.TotalMilliseconds);
            }

            figures.Add(new(mode.ToString(), "time of the start", took.Order().ElementAt(runs / 2), "ms"));
            figures.Add(new(mode.ToString(), "token requests", requests));
        }

        return figures;
    }

    private static async Task<(TimeSpan Took, int Requests)> StartAsync(CiamStartupMode mode)
    {
        var environment = new InMemoryEnvironment(TimeSpan.FromSeconds(299));
        environment.Endpoint.Delay = TimeSpan.FromMilliseconds(50);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var names = Enumerable.Range(0, Clients).Select(number => $"client-{number}").ToArray();
        foreach (var name in names)
        {
            builder.Services.AddCiamClientCredentials(name, options =>
                {
                    options.Authority = InMemoryEnvironment.Authority;
                    options.ClientId = Application.ClientId;
                    options.ClientSecret = Application.ClientSecret;
                    options.StartupMode = mode;
                })
                .ConfigurePrimaryHttpMessageHandler(() => environment.Endpoint);
        }

        using var host = builder.Build();
        var from = Stopwatch.GetTimestamp();
        await host.StartAsync();
        var took = Stopwatch.GetElapsedTime(from);
        if (mode != CiamStartupMode.Lazy)
        {
            // With Warm, the acquisitions continue after the start.
            foreach (var name in names)
            {
                await host.Services.GetRequiredKeyedService<ICiamTokenProvider>(name).GetTokenAsync();
            }
        }

        return (took, environment.Endpoint.Requests);
    }
}
