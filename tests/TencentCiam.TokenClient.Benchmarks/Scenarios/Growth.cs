using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>This library only: what an idle scope or client costs, and how long it takes to look one up among many.</summary>
internal static class Growth
{
    private const int Lookups = 200_000;

    // The cost of a single one is lost in the noise of the process, so at least this many are measured, each set in its
    // own container, and the mean is reported.
    private const int MinMeasured = 100;

    public static async Task<IReadOnlyList<Figure>> RunAsync(Effort effort)
    {
        int[] counts = effort == Effort.Full ? [1, 100, 10_000] : [1, 10];
        var figures = new List<Figure>();
        foreach (var count in counts)
        {
            figures.AddRange(await MeasureScopesAsync(count));
        }

        foreach (var count in counts)
        {
            figures.AddRange(await MeasureClientsAsync(count));
        }

        return figures;
    }

    private static Task<Figure[]> MeasureScopesAsync(int count)
    {
        var scopes = Enumerable.Range(0, count).Select(number => $"scope-{number}").ToArray();
        return MeasureAsync(
            "scope",
            count,
            environment => OursPeer.Services(environment),
            services =>
            {
                var tokens = services.GetRequiredService<ICiamTokenProvider>();
                return i => tokens.GetTokenAsync(scopes[i]);
            });
    }

    private static Task<Figure[]> MeasureClientsAsync(int count)
    {
        var names = Enumerable.Range(0, count).Select(number => $"client-{number}").ToArray();
        return MeasureAsync(
            "client",
            count,
            environment =>
            {
                var services = OursPeer.Services(environment);
                foreach (var name in names)
                {
                    services.AddCiamClientCredentials(name, options =>
                        {
                            options.Authority = InMemoryEnvironment.Authority;
                            options.ClientId = Application.ClientId;
                            options.ClientSecret = Application.ClientSecret;
                        })
                        .ConfigurePrimaryHttpMessageHandler(() => environment.Endpoint);
                }

                return services;
            },
            services => i => services.GetRequiredKeyedService<ICiamTokenProvider>(names[i]).GetTokenAsync());
    }

    /// <summary>A first token is acquired before the measurement, so that what all tokens share is not counted.</summary>
    private static async Task<Figure[]> MeasureAsync(
        string noun,
        int count,
        Func<InMemoryEnvironment, IServiceCollection> register,
        Func<IServiceProvider, Func<int, ValueTask<CiamAccessToken>>> newLookup)
    {
        var environment = new InMemoryEnvironment(TimeSpan.FromHours(12));
        var containers = Enumerable.Range(0, Math.Max(1, MinMeasured / count)).Select(_ => register(environment).BuildServiceProvider()).ToArray();
        foreach (var services in containers)
        {
            await services.GetRequiredService<ICiamTokenProvider>().GetTokenAsync();
        }

        var lookups = containers.Select(newLookup).ToArray();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var each in lookups)
        {
            for (var i = 0; i < count; i++)
            {
                await each(i);
            }
        }

        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (containers.Length * count);

        // The portal decides how long a token is, so its characters (two bytes each) are not counted.
        var lookup = lookups[0];
        var token = await lookup(0);
        bytes -= 2 * token.Value.Length;

        for (var i = 0; i < Lookups; i++)
        {
            await lookup(i % count);
        }

        var from = Stopwatch.GetTimestamp();
        for (var i = 0; i < Lookups; i++)
        {
            await lookup(i % count);
        }

        var took = Stopwatch.GetElapsedTime(from).TotalNanoseconds / Lookups;
        Array.ForEach(containers, container => container.Dispose());
        var name = string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");
        return [new(name, "memory each", bytes, "B"), new(name, "time per lookup", took, "ns")];
    }
}
