using System.Collections.Concurrent;
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

        // The first sweep drops what is left of the acquisitions. The unused hour begins with it.
        clock.Advance(TimeSpan.FromMinutes(1));
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        var beside = bytes - (2 * one.Value.Length)
            - Allocated(() => new CiamAccessToken(one.Value, one.Lifetime, one.ExpiresAt, new string(one.Scope)))
            - Allocated(TenantStore.NewOptions);
        var added = await LookupAsync(Tokens, names) - await LookupAsync(Tokens, ["another"]);
        var lookups = services.GetRequiredService<TenantStore.Counter>().Lookups;
        var tokens = environment.Endpoint.Requests;

        clock.Advance(TimeSpan.FromMinutes(1));
        clock.Advance(TimeSpan.FromMinutes(59));
        from = Stopwatch.GetTimestamp();
        clock.Advance(TimeSpan.FromMinutes(2));
        var eviction = Stopwatch.GetElapsedTime(from).TotalMilliseconds;
        var left = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        GC.KeepAlive(known);

        // What finding a name among so many costs at least.
        var dictionary = new ConcurrentDictionary<string, CiamAccessToken>(known.Append("another").Select(name => KeyValuePair.Create(name, one)));
        return
        [
            New("memory each, beside token and options", beside, "B"),
            New("memory each after an unused hour", Math.Max(0, left), "B"),
            New("time per lookup, above one tenant's", added, "ns"),
            New("the same of a ConcurrentDictionary", await LookupAsync(Entry, names) - await LookupAsync(Entry, ["another"]), "ns"),
            New("first token", firstToken, "us"),
            New("eviction of all", eviction, "ms"),
            New("store lookups per token", (double)lookups / tokens, ""),
        ];

        ValueTask<CiamAccessToken> Tokens(string name) => providers.GetProvider(name).GetTokenAsync();

        ValueTask<CiamAccessToken> Entry(string name) => new(dictionary[name]);
    }

    private static async Task<double> LookupAsync(Func<string, ValueTask<CiamAccessToken>> lookup, string[] names)
    {
        var fastest = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var from = Stopwatch.GetTimestamp();
            for (var i = 0; i < Lookups; i++)
            {
                await lookup(names[i % names.Length]);
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
