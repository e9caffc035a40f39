using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.BearerToken;
using TencentCiam.TokenClient.ClientStore;
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

    /// <summary>Creates the options.</summary>
    public CiamBearerTokenHandlerOptions CreateOptions()
    {
        var options = new CiamBearerTokenHandlerOptions();
        Configure(options);
        return options;
    }

    public void Configure(CiamBearerTokenHandlerOptions options)
    {
        configure?.Invoke(options);
        options.Registration = this;
    }

    /// <summary>
    /// Creates a handler. Whatever may fail and be corrected at run time happens at its first send, because the factory keeps the
    /// exception of a failed creation forever.
    /// </summary>
    /// <exception cref="InvalidOperationException">The client is not registered.</exception>
    public CiamBearerTokenHandler CreateHandler(IServiceProvider services)
        => IsClientRegistered(services) || CreateOptions().SelectClient is not null
            ? new CiamBearerTokenHandler(() => CreateSetup(services), _attached, Logger(services))
            : throw new InvalidOperationException(NotRegistered(services));

    /// <summary>Returns what is wrong with the options, or with the client's name; empty if nothing is.</summary>
    public IEnumerable<string> GetFaults(CiamBearerTokenHandlerOptions options, IServiceProvider services)
    {
        var faults = options.GetFaults().ToList();
        if (faults.Count > 0)
        {
            yield return $"The CIAM handler of the HttpClient \"{httpClientName}\" has invalid options. {string.Join(" ", faults)}";
        }

        if (options.SelectClient is null && !IsClientRegistered(services))
        {
            yield return NotRegistered(services);
        }
    }

    private HandlerSetup CreateSetup(IServiceProvider services)
    {
        var options = CreateOptions();
        var baseAddress = RegisteredBaseAddress.Determine(
            services.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>().Get(httpClientName).HttpClientActions);
        var destinations = new TokenDestinations(options, baseAddress, _warnedOf, Logger(services), httpClientName);
        if (destinations.AllowsAnyOrigin && Interlocked.Exchange(ref _hasWarnedOfAnyOrigin, 1) == 0)
        {
            Log.AnyOriginAllowed(Logger(services), httpClientName);
        }

        return new HandlerSetup(
            clientName, services.GetRequiredService<ICiamTokenProviderFactory>(), options, destinations);
    }

    // Does not create the provider, which needs valid options. Some containers do not support the question; then it is true.
    private bool IsClientRegistered(IServiceProvider services)
        => services.GetService<IServiceProviderIsKeyedService>() is not { } registered
            || registered.IsService(typeof(StoredClients))
            || (clientName.Length == 0
                ? registered.IsService(typeof(ICiamTokenProvider))
                : registered.IsKeyedService(typeof(ICiamTokenProvider), clientName));

    private static FaultTolerantLogger Logger(IServiceProvider services)
        => new(services.GetRequiredService<ILoggerFactory>().CreateLogger<CiamBearerTokenHandler>());

    private string NotRegistered(IServiceProvider services)
        => (clientName.Length == 0
                ? $"The HttpClient \"{httpClientName}\" uses the unnamed CIAM client, which is not registered. "
                    + "Call services.AddCiamClientCredentials(). "
            : $"The HttpClient \"{httpClientName}\" uses the CIAM client \"{clientName}\", which is not registered. Call "
                    + $"services.AddCiamClientCredentials(\"{clientName}\"). If \"{clientName}\" is a scope, set it in the "
                    + $"handler's options: AddCiamClientCredentialsHandler(options => options.Scope = \"{clientName}\"). ")
            + (services.GetService<RegisteredClients>() ?? new RegisteredClients()) + ".";
}
