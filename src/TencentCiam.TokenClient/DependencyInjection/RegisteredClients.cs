using Microsoft.Extensions.DependencyInjection;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>The names of the registered clients, "" for the unnamed one. One instance per service collection.</summary>
internal sealed class RegisteredClients
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

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

    /// <summary>Returns true the first time that a client of this name is registered.</summary>
    public bool Add(string name) => _names.Add(name);

    /// <summary>Says which clients are registered.</summary>
    public override string ToString()
        => _names.Count == 0
            ? "No client is registered"
            : "Registered: " + string.Join(
                ", ",
                _names.Order(StringComparer.Ordinal).Select(name => name.Length == 0 ? "the unnamed client" : $"\"{name}\""));
}
