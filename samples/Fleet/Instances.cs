using System.Collections.Concurrent;

namespace Fleet;

/// <summary>The processes of the fleet. They share a secret and a cache.</summary>
internal sealed class Instances(EmulatedPortal portal, string cacheAddress, Traffic traffic) : IAsyncDisposable
{
    // Unique, so that a run meets nothing of another in the user's own server.
    private readonly string _keyPrefix = $"ciam-fleet-{Guid.NewGuid():N}:";
    private readonly Dictionary<string, InstanceProcess> _running = [];
    private readonly ConcurrentQueue<string> _failedCalls = new();
    private int _started;

    /// <summary>The names of the instances that run.</summary>
    public IReadOnlyCollection<string> Running => _running.Keys;

    /// <summary>The error messages of the calls that failed.</summary>
    public IReadOnlyCollection<string> FailedCalls => _failedCalls;

    /// <summary>Starts instances. They do not call the orders API yet.</summary>
    /// <returns>Their names.</returns>
    public async Task<IReadOnlyList<string>> StartAsync(int count, CancellationToken cancellationToken)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(_ => Start())];
        await Task.WhenAll(names.Select(name => _running[name].Ready)).WaitAsync(cancellationToken);
        return names;
    }

    /// <summary>Lets instances call the orders API from now on.</summary>
    public Task BeginCallsAsync(IEnumerable<string> names)
        => Task.WhenAll(names.Select(name => _running[name].BeginCallsAsync()));

    public async Task KillAsync(string name)
    {
        _running.Remove(name, out var instance);
        await instance!.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(Running.ToArray().Select(KillAsync));

    private string Start()
    {
        var name = $"instance-{++_started}";
        var settings = new Dictionary<string, string>
        {
            ["Ciam__Authority"] = portal.Address.AbsoluteUri,
            ["Ciam__ClientId"] = portal.Application.ClientId,
            ["Ciam__ClientSecret"] = portal.Application.ClientSecret,
            ["Ciam__Scope"] = EmulatedPortal.Scope,
            ["WarmUp__Authority"] = portal.Address.AbsoluteUri,
            ["WarmUp__ClientId"] = portal.WarmUpApplication.ClientId,
            ["WarmUp__ClientSecret"] = portal.WarmUpApplication.ClientSecret,
            ["WarmUp__Scope"] = EmulatedPortal.Scope,
            ["Instance__Name"] = name,
            ["Instance__OrdersAddress"] = portal.Address.AbsoluteUri,
            ["Instance__CacheAddress"] = cacheAddress,
            ["Instance__KeyPrefix"] = _keyPrefix,
        };
        _running.Add(name, new InstanceProcess(settings, error => _failedCalls.Enqueue($"{name}: {error}"), traffic.Fail));
        return name;
    }
}
