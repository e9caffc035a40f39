using System.Collections.Concurrent;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.BearerToken;
using TencentCiam.TokenClient.TokenEndpoint;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives HttpClients the tokens of a registered CIAM client.</summary>
public static class CiamClientCredentialsHttpClientBuilderExtensions
{
    /// <summary>Attaches tokens of the unnamed client to the requests of this HttpClient.</summary>
    /// <param name="builder">The HttpClient's builder.</param>
    /// <param name="configure">Sets which token is attached, and where it may go.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">The builder is that of a token endpoint, or of all HttpClients.</exception>
    public static IHttpClientBuilder AddCiamClientCredentialsHandler(
        this IHttpClientBuilder builder,
        Action<CiamBearerTokenHandlerOptions>? configure = null)
        => Add(builder, Options.Options.DefaultName, configure);

    /// <summary>Attaches tokens of a named client to the requests of this HttpClient.</summary>
    /// <param name="builder">The HttpClient's builder.</param>
    /// <param name="name">The name the client was registered with.</param>
    /// <param name="configure">Sets which token is attached, and where it may go.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">The builder is that of a token endpoint, or of all HttpClients.</exception>
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
                "AddCiamClientCredentialsHandler belongs on the HttpClient of an API, not on all HttpClients and not on that of "
                + "the token endpoint: call it on the builder that AddHttpClient returns.");
        }

        // Of the registration, and not of a handler: the factory makes another one every few minutes.
        var origins = new OriginSet();
        var warnedOf = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        builder.Services.PostConfigure<HttpClientFactoryOptions>(builder.Name, options =>
        {
            options.HttpClientActions.Add(client => origins.Add(client.BaseAddress));

            // RedactLoggedHeaders would put this one name in the place of the user's choice, or of the default of all.
            var others = options.ShouldRedactHeaderValue;
            options.ShouldRedactHeaderValue =
                header => header.Equals("Authorization", StringComparison.OrdinalIgnoreCase) || others(header);
        });

        return builder.AddHttpMessageHandler(services =>
        {
            var provider = name.Length == 0
                ? services.GetService<ICiamTokenProvider>()
                : services.GetKeyedService<ICiamTokenProvider>(name);
            if (provider is null)
            {
                var argument = name.Length == 0 ? "" : $"\"{name}\"";
                throw new InvalidOperationException(
                    $"The HttpClient \"{builder.Name}\" wants tokens of a CIAM client that is not registered. Call "
                    + $"services.AddCiamClientCredentials({argument}).");
            }

            var options = new CiamBearerTokenHandlerOptions();
            configure?.Invoke(options);
            return new CiamBearerTokenHandler(
                provider,
                options,
                origins,
                warnedOf,
                services.GetRequiredService<ILoggerFactory>().CreateLogger<CiamBearerTokenHandler>(),
                builder.Name);
        });
    }
}
