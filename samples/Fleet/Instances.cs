using System.Collections.Concurrent;

namespace Fleet;

/// <summary>The processes of the fleet. They share a secret and a cache.</summary>
internal sealed class Instances(EmulatedPortal portal, string cacheAddress, Traffic traffic) : IAsyncDisposable
{
    // Of this run, so that it does not meet what is left of another in a server of the user's.
    private readonly string _keyPrefix = $"ciam-fleet-{Guid.NewGuid():N}:";
    private readonly Dictionary<string, InstanceProcess> _running = [];
    private readonly ConcurrentQueue<string> _failedCalls = new();
    private int _started;

    /// <summary>The names of the instances that run.</summary>
    public IReadOnlyCollection<string> Running => _running.Keys;

    /// <summary>The error messages of all calls that have failed.</summary>
    public IReadOnlyCollection<string> FailedCalls => _failedCalls;

    /// <summary>Starts instances. They do not call the orders API yet.</summary>
    /// <returns>Their names.</returns>
    public async Task<IReadOnlyList<string>> StartAsync(int count, CancellationToken cancellationToken)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(_ => Start())];
        await Task.WhenAll(names.Select(name => _running[name].Ready)).WaitAsync(cancellationToken);
        return names;
    }

    /// <summary>Has instances call the orders API from now on.</summary>
    public Task BeginCallsAsync(IEnumerable<string> names)
        => Task.WhenAll(names.Select(name => _running[name].BeginCallsAsync()));

    /// <summary>Kills an instance.</summary>
    public async Task KillAsync(string name)
    {
        _running.Remove(name, out var instance);
        await instance!.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in Running.ToArray())
        {
            await KillAsync(name);
        }
    }

    private string Start()
    {
        var name = $"instance-{++_started}";
        _running.Add(name, new InstanceProcess(
            new Dictionary<string, string>
            {
                ["Ciam__Authority"] = portal.Address.AbsoluteUri,
                ["Ciam__ClientId"] = portal.Application.ClientId,
                ["Ciam__ClientSecret"] = portal.Application.ClientSecret,
                ["Ciam__Scope"] = "orders.read",
                ["Instance__Name"] = name,
                ["Instance__OrdersAddress"] = portal.Address.AbsoluteUri,
                ["Instance__CacheAddress"] = cacheAddress,
                ["Instance__KeyPrefix"] = _keyPrefix,
            },
            error => _failedCalls.Enqueue($"{name}: {error}"),
            traffic.Fail));
        return name;
    }
}
