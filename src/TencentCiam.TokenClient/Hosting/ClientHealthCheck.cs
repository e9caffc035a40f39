using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.ClientStore;
using TencentCiam.TokenClient.DependencyInjection;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.Hosting;

/// <summary>Reports the health of one client from what is known about its tokens. Never makes a request.</summary>
internal sealed class ClientHealthCheck(IServiceProvider services, string name) : IHealthCheck
{
    // The scopes may come from outside the program.
    private const int MaxOtherScopes = 10;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // A client of the store must not come into use because its health is checked.
        var stored = services.GetService<StoredClients>();
        var tokens = services.FindTokenProvider(name) ?? stored?.Find(name);
        if (tokens is null && stored is null)
        {
            throw new InvalidOperationException(
                $"The CIAM client {ClientName.Quote(name)} of the health check is not registered, and there is no client store. "
                + $"{services.GetService<RegisteredClients>() ?? new RegisteredClients()}.");
        }

        return Task.FromResult(tokens switch
        {
            CiamTokenProvider provider => Report(provider, context.Registration.FailureStatus),
            null => HealthCheckResult.Healthy(ClientHealth.NoTokenNeeded, Data(state: null)),
            _ => HealthCheckResult.Healthy("The token provider is the application's own, so its state is not known.", Data(state: null)),
        });
    }

    private HealthCheckResult Report(CiamTokenProvider provider, HealthStatus failureStatus)
    {
        var own = provider.GetOwnState();
        var (status, description) = ClientHealth.Of(own, failureStatus);
        var data = Data(own);
        foreach (var other in provider.GetOtherStates().Take(MaxOtherScopes))
        {
            data[$"scope \"{other.Scope}\""] = ClientHealth.Of(other, failureStatus).Description;
        }

        return new HealthCheckResult(status, description, data: data);
    }

    private Dictionary<string, object> Data(SlotState? state)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal) { ["client"] = ClientName.Of(name) };
        if (state is { } known)
        {
            data["scope"] = known.Scope;
            if (known.Remaining is { } remaining)
            {
                data["remainingLifeSeconds"] = Math.Round(remaining.TotalSeconds);
            }

            if (known.Error is { } error)
            {
                data["error"] = error.Code;
                data["message"] = error.Message;
                data["since"] = known.FailingSince.ToString("O", CultureInfo.InvariantCulture);
            }
        }

        return data;
    }
}
