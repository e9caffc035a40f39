using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.InMemory;

/// <summary>A client store that has every tenant.</summary>
internal sealed class TenantStore(TenantStore.Counter counter) : ICiamClientStore
{
    public static ServiceCollection Services(InMemoryEnvironment environment)
    {
        var services = new ServiceCollection();
        services.AddSingleton(environment.Clock);
        services.AddSingleton<Counter>();
        services.AddCiamClientStore<TenantStore>().ConfigurePrimaryHttpMessageHandler(() => environment.Endpoint);
        return services;
    }

    /// <summary>Names in a random order that is the same in each run, so that no tenant is a neighbor of the one before.</summary>
    public static string[] Names(int count)
    {
        var names = Enumerable.Range(0, count).Select(number => $"tenant-{number}").ToArray();
        new Random(1).Shuffle(names);
        return names;
    }

    public static CiamClientCredentialsOptions NewOptions() => new()
    {
        Authority = InMemoryEnvironment.Authority,
        ClientId = Application.ClientId,
        ClientSecret = Application.ClientSecret,
    };

    public ValueTask<CiamClientCredentialsOptions?> FindAsync(string name, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref counter.Lookups);
        return new(NewOptions());
    }

    internal sealed class Counter
    {
        public int Lookups;
    }
}
