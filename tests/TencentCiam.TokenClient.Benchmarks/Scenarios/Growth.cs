using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>Ours alone: what a scope or a client costs that is idle, and how long it takes to find one among many.</summary>
internal static class Growth
{
    private const int Lookups = 200_000;

    // What one alone costs is lost beside what else the process does meanwhile: it is the mean of so many, each in a
    // container of its own.
    private const int AtLeast = 100;

    public static async Task<IReadOnlyList<Figure>> RunAsync(Effort effort)
    {
        int[] counts = effort == Effort.Full ? [1, 100, 10_000] : [1, 10];
        var figures = new List<Figure>();
        foreach (var count in counts)
        {
            figures.AddRange(await OfScopesAsync(count));
        }

        foreach (var count in counts)
        {
            figures.AddRange(await OfClientsAsync(count));
        }

        return figures;
    }

    private static Task<Figure[]> OfScopesAsync(int count)
    {
        var scopes = Enumerable.Range(0, count).Select(number => $"scope-{number}").ToArray();
        return MeasuredAsync(
            "scopes",
            count,
            environment => OursPeer.Services(environment),
            services =>
            {
                var tokens = services.GetRequiredService<ICiamTokenProvider>();
                return i => tokens.GetTokenAsync(scopes[i]);
            });
    }

    private static Task<Figure[]> OfClientsAsync(int count)
    {
        var names = Enumerable.Range(0, count).Select(number => $"client-{number}").ToArray();
        return MeasuredAsync(
            "clients",
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

    /// <summary>Bytes as of the second token on: what there is once for all is not counted.</summary>
    private static async Task<Figure[]> MeasuredAsync(
        string what,
        int count,
        Func<InMemoryEnvironment, IServiceCollection> register,
        Func<IServiceProvider, Func<int, ValueTask<CiamAccessToken>>> lookUpIn)
    {
        var environment = new InMemoryEnvironment(TimeSpan.FromHours(12));
        var containers = Enumerable.Range(0, Math.Max(1, AtLeast / count)).Select(_ => register(environment).BuildServiceProvider()).ToArray();
        foreach (var services in containers)
        {
            await services.GetRequiredService<ICiamTokenProvider>().GetTokenAsync();
        }

        var lookUps = containers.Select(lookUpIn).ToArray();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var each in lookUps)
        {
            for (var i = 0; i < count; i++)
            {
                await each(i);
            }
        }

        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (containers.Length * count);

        // The token itself is as long as the portal makes it, and is not counted: two bytes a character.
        var lookUp = lookUps[0];
        var token = await lookUp(0);
        bytes -= 2 * token.Value.Length;

        for (var i = 0; i < Lookups; i++)
        {
            await lookUp(i % count);
        }

        var from = Stopwatch.GetTimestamp();
        for (var i = 0; i < Lookups; i++)
        {
            await lookUp(i % count);
        }

        var took = Stopwatch.GetElapsedTime(from).TotalNanoseconds / Lookups;
        Array.ForEach(containers, container => container.Dispose());
        var name = string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}");
        return [new(name, "bytes each", bytes, "B"), new(name, "a lookup", took, "ns")];
    }
}
