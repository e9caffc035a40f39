using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.ClientStore;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>Finds a client's provider by its name: registered clients first, then the store.</summary>
internal sealed class CiamTokenProviderFactory(IServiceProvider services) : ICiamTokenProviderFactory
{
    private readonly ConcurrentDictionary<string, ICiamTokenProvider> _registered = new(StringComparer.Ordinal);
    private readonly StoredClients? _stored = services.GetService<StoredClients>();

    public ICiamTokenProvider GetProvider(string name)
    {
        ArgumentNullException.ThrowIfNull(name);

        // The store's clients in use first: they are never registered ones.
        return _stored?.Find(name)
            ?? _registered.GetValueOrDefault(name)
            ?? FindRegistered(name)
            ?? _stored?.Get(name)
            ?? throw new InvalidOperationException(
                $"The CIAM client {ClientName.Quote(name)} is not registered, and there is no client store. "
                + $"Call services.AddCiamClientCredentials({(name.Length == 0 ? "" : ClientName.Quote(name))}), or "
                + "services.AddCiamClientStore<TStore>() for clients that are known only at run time. "
                + $"{services.GetService<RegisteredClients>() ?? new RegisteredClients()}.");
    }

    private ICiamTokenProvider? FindRegistered(string name)
    {
        var provider = services.FindTokenProvider(name);
        return provider is null ? null : _registered.GetOrAdd(name, provider);
    }
}
