using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient;
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

        builder.Services.AddOptions<HttpClientFactoryOptions>(builder.Name)
            .PostConfigure<IServiceProvider>(TokenHandlerPipeline.Configure);
        builder.Services.TryAddSingleton<ICiamTokenProviderFactory, CiamTokenProviderFactory>();

        // So that the host's start validates the options. The name makes them this registration's own.
        var registration = new TokenHandlerRegistration(builder.Name, name, configure);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<
            IValidateOptions<CiamBearerTokenHandlerOptions>, TokenHandlerOptionsValidator>());
        builder.Services.AddOptions<CiamBearerTokenHandlerOptions>($"{builder.Name}/{Guid.NewGuid()}")
            .Configure(registration.Configure)
            .ValidateOnStart();
        return builder.AddHttpMessageHandler(registration.CreateHandler);
    }
}
