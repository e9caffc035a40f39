using Microsoft.Extensions.DependencyInjection;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>The names of the registered clients, "" for the unnamed one. One instance per service collection.</summary>
internal sealed class RegisteredClients(IServiceCollection? services = null, IEnumerable<string>? names = null)
{
    private readonly HashSet<string> _names = new(names ?? [], StringComparer.Ordinal);
    private readonly HashSet<object?> _providerKeys = [];
    private readonly IServiceCollection? _services = services;
    private IServiceCollection? _httpClientServices;
    private ServiceDescriptor? _lastRead;
    private int _read;

    /// <summary>Returns the instance that is registered with the services, and registers it the first time.</summary>
    public static RegisteredClients Of(IServiceCollection services)
    {
        // Ends at the first client's registration: with thousands of clients, a search through all services would be quadratic.
        for (var i = 0; i < services.Count; i++)
        {
            if (services[i].ServiceType == typeof(RegisteredClients))
            {
                var found = (RegisteredClients)services[i].ImplementationInstance!;
                if (found._services != services)
                {
                    // The services were copied from another collection, together with its instance, which may have more names.
                    found = new RegisteredClients(services, NamesIn(services));
                    services[i] = ServiceDescriptor.Singleton(found);
                }

                return found;
            }
        }

        var clients = new RegisteredClients(services);
        services.AddSingleton(clients);
        return clients;
    }

    /// <summary>The names; "" for the unnamed client.</summary>
    public IEnumerable<string> Names => _names;

    /// <summary>
    /// Returns the service collection of an HttpClient's builder. It registers the defaults of all HttpClients before what is
    /// configured by name. It is the same for every name: calling AddHttpClient for each name would take quadratic time, because
    /// it reads all services.
    /// </summary>
    public IServiceCollection GetHttpClientServices(IServiceCollection services, string httpClientName)
        => _httpClientServices ??= services.AddHttpClient(httpClientName).Services;

    /// <summary>Returns true the first time that a client of this name is registered.</summary>
    public bool Add(string name) => _names.Add(name);

    /// <summary>
    /// Returns whether a token provider is registered under this key, such as a fake of a test. Reads only the services that were
    /// added since the last call.
    /// </summary>
    public bool HasProvider(IServiceCollection services, string? key)
    {
        // Something was inserted or removed before the last service that was read.
        if (_read > services.Count || (_read > 0 && services[_read - 1] != _lastRead))
        {
            _read = 0;
            _providerKeys.Clear();
        }

        for (; _read < services.Count; _read++)
        {
            _lastRead = services[_read];
            if (_lastRead.ServiceType == typeof(ICiamTokenProvider))
            {
                _providerKeys.Add(_lastRead.ServiceKey);
            }
        }

        return _providerKeys.Contains(key);
    }

    /// <summary>Says which clients are registered.</summary>
    public override string ToString()
        => _names.Count == 0
            ? "No client is registered"
            : "Registered: " + string.Join(
                ", ",
                _names.Order(StringComparer.Ordinal).Select(name => name.Length == 0 ? "the unnamed client" : $"\"{name}\""));

    private static IEnumerable<string> NamesIn(IServiceCollection services)
        => services.Where(service => service.ServiceType == typeof(CiamTokenClient))
            .Select(service => service.ServiceKey as string ?? "");
}
