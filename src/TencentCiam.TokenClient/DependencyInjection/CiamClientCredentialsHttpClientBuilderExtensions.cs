using System.Collections.Concurrent;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.BearerToken;
using TencentCiam.TokenClient.DependencyInjection;
using TencentCiam.TokenClient.TokenEndpoint;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Attaches tokens of registered CIAM clients to the requests of HttpClients.</summary>
public static class CiamClientCredentialsHttpClientBuilderExtensions
{
    /// <summary>Attaches tokens of the unnamed client to the requests of this HttpClient.</summary>
    /// <param name="builder">The HttpClient's builder.</param>
    /// <param name="configure">Sets which token is attached, and where it may go.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">
    /// The builder is that of a token endpoint, or of <c>ConfigureHttpClientDefaults</c>.
    /// </exception>
    public static IHttpClientBuilder AddCiamClientCredentialsHandler(
        this IHttpClientBuilder builder,
        Action<CiamBearerTokenHandlerOptions>? configure = null)
        => Add(builder, Options.Options.DefaultName, configure);

    /// <summary>Attaches tokens of a named client to the requests of this HttpClient.</summary>
    /// <param name="builder">The HttpClient's builder.</param>
    /// <param name="name">The name that the client was registered with.</param>
    /// <param name="configure">Sets which token is attached, and where it may go.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">
    /// The builder is that of a token endpoint, or of <c>ConfigureHttpClientDefaults</c>.
    /// </exception>
    public static IHttpClientBuilder AddCiamClientCredentialsHandler(
        this IHttpClientBuilder builder,
        string name,
        Action<CiamBearerTokenHandlerOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(builder, name, configure);
    }

    private static IHttpClientBuilder Add(
        IHttpClientBuilder builder,
        string name,
        Action<CiamBearerTokenHandlerOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);

        // The builder of ConfigureHttpClientDefaults has no name. A token endpoint that needs a token would wait for itself.
        if (builder.Name is null || TokenEndpointHttpClient.IsName(builder.Name))
        {
            throw new InvalidOperationException(
                "AddCiamClientCredentialsHandler belongs on the HttpClient of an API, not on all HttpClients and not on the token "
                + "endpoint's: call it on the builder that AddHttpClient returns.");
        }

        // Of the registration, not of a handler: the factory creates a new one every few minutes.
        var origins = new OriginSet();
        var warnedOf = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        builder.Services.PostConfigure<HttpClientFactoryOptions>(builder.Name, options =>
        {
            options.HttpClientActions.Add(client => origins.Add(client.BaseAddress));

            // RedactLoggedHeaders would replace the user's choice, or the default of all headers, with this one name.
            var others = options.ShouldRedactHeaderValue;
            options.ShouldRedactHeaderValue =
                header => header.Equals("Authorization", StringComparison.OrdinalIgnoreCase) || others(header);
        });

        return builder.AddHttpMessageHandler(services =>
        {
            var options = new CiamBearerTokenHandlerOptions();
            configure?.Invoke(options);
            return new CiamBearerTokenHandler(
                services.GetKeyedService<ICiamTokenProvider>(name.Length == 0 ? null : name)
                    ?? throw NotRegistered(builder.Name, name, services.GetService<RegisteredClients>()),
                options,
                origins,
                warnedOf,
                services.GetRequiredService<ILoggerFactory>().CreateLogger<CiamBearerTokenHandler>(),
                builder.Name);
        });
    }

    private static InvalidOperationException NotRegistered(string httpClientName, string name, RegisteredClients? clients)
        => new(
            (name.Length == 0
                ? $"The HttpClient \"{httpClientName}\" uses the unnamed CIAM client, which is not registered. "
                    + "Call services.AddCiamClientCredentials(). "
                : $"The HttpClient \"{httpClientName}\" uses the CIAM client \"{name}\", which is not registered. Call "
                    + $"services.AddCiamClientCredentials(\"{name}\"). If \"{name}\" is a scope, set it in the handler's options: "
                    + $"AddCiamClientCredentialsHandler(options => options.Scope = \"{name}\"). ")
            + (clients ?? new RegisteredClients()) + ".");
}
