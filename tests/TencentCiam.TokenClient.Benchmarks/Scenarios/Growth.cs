using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;
using TencentCiam.TokenClient.Benchmarks.World;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>Ours alone: what a scope or a client costs that is idle, and how long it takes to find one among many.</summary>
internal static class Growth
{
    private const int Lookups = 200_000;

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

    private static async Task<Figure[]> OfScopesAsync(int count)
    {
        var surroundings = new Surroundings(TimeSpan.FromHours(12));
        using var services = OursPeer.Services(surroundings).BuildServiceProvider();
        var tokens = services.GetRequiredService<ICiamTokenProvider>();
        await tokens.GetTokenAsync();
        var scopes = Enumerable.Range(0, count).Select(number => $"scope-{number}").ToArray();

        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var scope in scopes)
        {
            await tokens.GetTokenAsync(scope);
        }

        // The token itself is as long as the portal makes it, and is not counted: two bytes a character.
        var token = await tokens.GetTokenAsync();
        var bytes = ((GC.GetTotalMemory(forceFullCollection: true) - before) / count) - (2 * token.Value.Length);
        return await MeasuredAsync(Name("scopes", count), bytes, i => tokens.GetTokenAsync(scopes[i % count]));
    }

    private static async Task<Figure[]> OfClientsAsync(int count)
    {
        var surroundings = new Surroundings(TimeSpan.FromHours(12));
        var names = Enumerable.Range(0, count).Select(number => $"client-{number}").ToArray();
        var collection = OursPeer.Services(surroundings);
        foreach (var name in names)
        {
            collection.AddCiamClientCredentials(name, options =>
                {
                    options.Authority = Surroundings.Authority;
                    options.ClientId = Application.ClientId;
                    options.ClientSecret = Application.ClientSecret;
                })
                .ConfigurePrimaryHttpMessageHandler(() => surroundings.Endpoint);
        }

        using var services = collection.BuildServiceProvider();
        await services.GetRequiredService<ICiamTokenProvider>().GetTokenAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var name in names)
        {
            await services.GetRequiredKeyedService<ICiamTokenProvider>(name).GetTokenAsync();
        }

        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        return await MeasuredAsync(
            Name("clients", count),
            bytes,
            i => services.GetRequiredKeyedService<ICiamTokenProvider>(names[i % count]).GetTokenAsync());
    }

    private static async Task<Figure[]> MeasuredAsync(string what, long bytes, Func<int, ValueTask<CiamAccessToken>> lookUp)
    {
        for (var i = 0; i < Lookups; i++)
        {
            await lookUp(i);
        }

        var from = Stopwatch.GetTimestamp();
        for (var i = 0; i < Lookups; i++)
        {
            await lookUp(i);
        }

        return
        [
            new(what, "bytes each", bytes, "B"),
            new(what, "a lookup", Stopwatch.GetElapsedTime(from).TotalNanoseconds / Lookups, "ns"),
        ];
    }

    private static string Name(string what, int count) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}");
}
