using Microsoft.Extensions.Diagnostics.HealthChecks;
using TencentCiam.TokenClient.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers health checks of CIAM clients.</summary>
public static class CiamClientCredentialsHealthChecksBuilderExtensions
{
    /// <summary>
    /// Registers a health check of a client, which reports from memory and never makes a request: healthy while a token can be
    /// attached, none was needed yet, or the last one expired while nobody called; degraded while refreshes fail and the current
    /// token is still in use; <paramref name="failureStatus"/> when calls fail, or would after a start in
    /// <see cref="TencentCiam.TokenClient.CiamStartupMode.Warm"/> or
    /// <see cref="TencentCiam.TokenClient.CiamStartupMode.Required"/> without a token.
    /// </summary>
    /// <remarks>
    /// The token of the client's own scope decides; those of other scopes are described in the data. The name of the check is
    /// <c>ciam</c> for the unnamed client, otherwise <c>ciam-{name}</c>. Registering a check twice is harmless: the first remains.
    /// </remarks>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">
    /// The name of a registered client or of a client of the store. Default: the unnamed client.
    /// </param>
    /// <param name="failureStatus">The status when calls fail. Default: <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags by which an endpoint selects checks, such as "ready".</param>
    /// <returns>The health checks, so that calls can be chained.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static IHealthChecksBuilder AddCiamClientCredentials(
        this IHealthChecksBuilder builder,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var client = name ?? "";
        if (builder.Services.Any(service => service.ServiceType == typeof(ClientHealthCheck) && client.Equals(service.ServiceKey)))
        {
            return builder;
        }

        builder.Services.AddKeyedSingleton(client, static (services, key) => new ClientHealthCheck(services, (string)key!));
        return builder.Add(new HealthCheckRegistration(
            client.Length == 0 ? "ciam" : $"ciam-{client}",
            services => services.GetRequiredKeyedService<ClientHealthCheck>(client),
            failureStatus,
            tags));
    }
}
