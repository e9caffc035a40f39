using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.DistributedCache;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.ClientStore;

/// <summary>The clients of the store that are in use, by name.</summary>
internal sealed class StoredClients(
    ClientLookup lookup,
    IOptions<ClientStoreSettings> settings,
    TokenRequester tokenRequester,
    TimeProvider timeProvider,
    ILogger logger,
    Metrics metrics,
    SlotEviction eviction,
    HostState host,
    SharedTokenCache? sharedCache) : IDisposable
{
    // Of all of them: their number has no bound.
    private const string NameInMetrics = "(store)";

    private readonly ConcurrentDictionary<string, StoredTokenProvider> _providers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger = new FaultTolerantLogger(logger);
    private readonly CiamClientCredentialsOptions _optionsUntilFound =
        new() { PausesBetweenAttempts = settings.Value.PausesBetweenAttempts };

    /// <summary>How many clients have state.</summary>
    internal int Count => _providers.Count;

    /// <summary>Returns the provider of a client that is in use; null if it is not.</summary>
    public StoredTokenProvider? Find(string name) => _providers.GetValueOrDefault(name);

    public StoredTokenProvider Get(string name)
    {
        if (Find(name) is { } found)
        {
            return found;
        }

        var added = Create(name);
        var provider = _providers.GetOrAdd(name, added);
        if (ReferenceEquals(provider, added))
        {
            added.Begin();
        }

        return provider;
    }

    public void Remove(StoredTokenProvider provider) => _providers.TryRemove(KeyValuePair.Create(provider.Name, provider));

    public void Dispose()
    {
        _stopping.Cancel();
        foreach (var provider in _providers)
        {
            provider.Value.EndKeepWarm();
        }
    }

    private StoredTokenProvider Create(string name)
        => new(
            name,
            this,
            lookup,
            new ClientContext(_optionsUntilFound)
            {
                Name = ClientName.Of(name),
                NameInMetrics = NameInMetrics,
                TokenRequester = tokenRequester,
                TimeProvider = timeProvider,
                Logger = _logger,
                Metrics = metrics,
                Eviction = eviction,
                Host = host,
                SharedCache = sharedCache,
                Draw = Random.Shared.NextDouble,
                Stopping = _stopping,
            });
}
