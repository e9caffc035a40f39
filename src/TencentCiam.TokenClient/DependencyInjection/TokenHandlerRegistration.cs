using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.BearerToken;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>
/// One call of <c>AddCiamClientCredentialsHandler</c>, and what its handlers share: the factory creates a new one every few
/// minutes.
/// </summary>
internal sealed class TokenHandlerRegistration(
    string httpClientName,
    string clientName,
    Action<CiamBearerTokenHandlerOptions>? configure)
{
    private readonly AttachedTokens _attached = new();
    private readonly ConcurrentDictionary<string, bool> _warnedOf = new(StringComparer.Ordinal);
    private int _hasWarnedOfAnyOrigin;

    // The unnamed client has no key.
    private string? Key => clientName.Length == 0 ? null : clientName;

    /// <summary>
    /// Creates a handler. Whatever may fail and be corrected at run time happens at its first send, because the factory keeps the
    /// exception of a failed creation forever.
    /// </summary>
    /// <exception cref="InvalidOperationException">The client is not registered.</exception>
    public CiamBearerTokenHandler CreateHandler(IServiceProvider services)
        => IsClientRegistered(services)
            ? new CiamBearerTokenHandler(() => CreateSetup(services), _attached, Logger(services))
            : throw NotRegistered(services);

    private HandlerSetup CreateSetup(IServiceProvider services)
    {
        var options = new CiamBearerTokenHandlerOptions();
        configure?.Invoke(options);
        var baseAddress = RegisteredBaseAddress.Determine(
            services.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>().Get(httpClientName).HttpClientActions);
        var destinations = new TokenDestinations(options, baseAddress, _warnedOf, Logger(services), httpClientName);
        var provider = services.GetKeyedService<ICiamTokenProvider>(Key) ?? throw NotRegistered(services);
        if (destinations.AllowsAnyOrigin && Interlocked.Exchange(ref _hasWarnedOfAnyOrigin, 1) == 0)
        {
            Log.AnyOriginAllowed(Logger(services), httpClientName);
        }

        return new HandlerSetup(provider, options, destinations);
    }

    // Does not create the provider, which needs valid options. Some containers do not support the question; then it is true.
    private bool IsClientRegistered(IServiceProvider services)
        => Key is null
            ? services.GetService<IServiceProviderIsService>()?.IsService(typeof(ICiamTokenProvider)) ?? true
            : services.GetService<IServiceProviderIsKeyedService>()?.IsKeyedService(typeof(ICiamTokenProvider), Key) ?? true;

    private static FaultTolerantLogger Logger(IServiceProvider services)
        => new(services.GetRequiredService<ILoggerFactory>().CreateLogger<CiamBearerTokenHandler>());

    private InvalidOperationException NotRegistered(IServiceProvider services)
        => new(
            (clientName.Length == 0
                ? $"The HttpClient \"{httpClientName}\" uses the unnamed CIAM client, which is not registered. "
                    + "Call services.AddCiamClientCredentials(). "
                : $"The HttpClient \"{httpClientName}\" uses the CIAM client \"{clientName}\", which is not registered. Call "
                    + $"services.AddCiamClientCredentials(\"{clientName}\"). If \"{clientName}\" is a scope, set it in the "
                    + $"handler's options: AddCiamClientCredentialsHandler(options => options.Scope = \"{clientName}\"). ")
            + (services.GetService<RegisteredClients>() ?? new RegisteredClients()) + ".");
}
