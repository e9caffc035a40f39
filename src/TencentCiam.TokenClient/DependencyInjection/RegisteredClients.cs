using Microsoft.Extensions.DependencyInjection;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>The names of the registered clients, "" for the unnamed one. One instance per service collection.</summary>
internal sealed class RegisteredClients
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<object?> _providerKeys = [];
    private IServiceCollection? _services;
    private IServiceCollection? _httpClientServices;
    private ServiceDescriptor? _lastRead;
    private int _read;

    /// <summary>Returns the instance that is registered with the services, and registers it the first time.</summary>
    public static RegisteredClients Of(IServiceCollection services)
    {
        // Ends at the first client's registration: with thousands of clients, a search through all services would be quadratic.
        foreach (var service in services)
        {
            if (service.ServiceType == typeof(RegisteredClients))
            {
                return (RegisteredClients)service.ImplementationInstance!;
            }
        }

        var clients = new RegisteredClients();
        services.AddSingleton(clients);
        return clients;
    }

    /// <summary>
    /// Returns the service collection of an HttpClient's builder. It registers the defaults of all HttpClients before what is
    /// configured by name. It is the same for every name: calling AddHttpClient for each name would take quadratic time, because
    /// it reads all services.
    /// </summary>
    public IServiceCollection GetHttpClientServices(IServiceCollection services, string httpClientName)
    {
        // The services may have been copied to another collection, together with this instance.
        if (_services != services)
        {
            (_services, _httpClientServices) = (services, services.AddHttpClient(httpClientName).Services);
        }

        return _httpClientServices!;
    }

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
}
