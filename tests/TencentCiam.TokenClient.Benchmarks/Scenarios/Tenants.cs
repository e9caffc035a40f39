using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>This library only: what the tenants of a store cost.</summary>
internal static class Tenants
{
    private const int Lookups = 200_000;
    private const int Rounds = 10;

    public static async Task<IReadOnlyList<Figure>> RunAsync(Effort effort)
    {
        var count = effort == Effort.Full ? 100_000 : 100;
        var clock = new FakeTimeProvider();
        var environment = new InMemoryEnvironment(TimeSpan.FromHours(12), clock: clock);
        using var services = TenantStore.Services(environment).BuildServiceProvider();
        var providers = services.GetRequiredService<ICiamTokenProviderFactory>();
        var (known, names) = (TenantStore.Names(count), TenantStore.Names(count));

        // What all tenants share is not counted.
        var one = await providers.GetProvider("another").GetTokenAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var from = Stopwatch.GetTimestamp();
        foreach (var name in known)
        {
            await providers.GetProvider(name).GetTokenAsync();
        }

        var firstToken = Stopwatch.GetElapsedTime(from).TotalMicroseconds / count;
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        var beside = bytes - (2 * one.Value.Length)
            - Allocated(() => new CiamAccessToken(one.Value, one.Lifetime, one.ExpiresAt, new string(one.Scope)))
            - Allocated(TenantStore.NewOptions);
        var added = await LookupAsync(providers, names) - await LookupAsync(providers, ["another"]);
        var lookups = services.GetRequiredService<TenantStore.Counter>().Lookups;
        var tokens = environment.Endpoint.Requests;

        // The hour begins with the first sweep after the last use.
        clock.Advance(TimeSpan.FromMinutes(1));
        clock.Advance(TimeSpan.FromMinutes(59));
        from = Stopwatch.GetTimestamp();
        clock.Advance(TimeSpan.FromMinutes(2));
        var eviction = Stopwatch.GetElapsedTime(from).TotalMilliseconds;
        var left = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        GC.KeepAlive(known);
        return
        [
            New("memory each, beside token and options", beside, "B"),
            New("memory each after an unused hour", Math.Max(0, left), "B"),
            New("time per lookup, above one tenant's", added, "ns"),
            New("first token", firstToken, "us"),
            New("eviction of all", eviction, "ms"),
            New("store lookups per token", (double)lookups / tokens, ""),
        ];
    }

    private static async Task<double> LookupAsync(ICiamTokenProviderFactory providers, string[] names)
    {
        var fastest = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var from = Stopwatch.GetTimestamp();
            for (var i = 0; i < Lookups; i++)
            {
                await providers.GetProvider(names[i % names.Length]).GetTokenAsync();
            }

            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(from).TotalNanoseconds / Lookups);
        }

        return fastest;
    }

    private static long Allocated(Func<object> create)
    {
        // Compiles it.
        create();
        var before = GC.GetAllocatedBytesForCurrentThread();
        GC.KeepAlive(create());
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static Figure New(string name, double value, string unit) => new(PeerCatalogue.Ours.ToString(), name, value, unit);
}
