using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>The factory's HttpClient for the token endpoint: the only one that carries the secret.</summary>
internal static class TokenEndpointHttpClient
{
    private const string Prefix = Log.Category;

    /// <summary>The name of the HttpClient that all clients of the store share. No client's own has it.</summary>
    public const string StoreName = Prefix + ".Store";

    public static string Name(string clientName) => clientName.Length == 0 ? Prefix : $"{Prefix}:{clientName}";

    public static bool IsName(string httpClientName)
        => httpClientName is Prefix or StoreName || httpClientName.StartsWith(Prefix + ":", StringComparison.Ordinal);

    /// <summary>Configures the HttpClient of one client.</summary>
    /// <param name="builder">A builder to which nothing has been added: all that the HttpClient has so far is inherited.</param>
    /// <param name="clientName">The client's name.</param>
    public static void Configure(IHttpClientBuilder builder, string clientName)
    {
        // An inherited logger may write bodies, which hold the secret and the token. The default one writes none.
        builder.RemoveAllLoggers().AddDefaultLogger();

        builder.ConfigureHttpClient(client =>
        {
            // RequestTimeout takes its place, on the TimeProvider.
            client.Timeout = Timeout.InfiniteTimeSpan;

            // An inherited header would be a second authentication method beside the secret (RFC 6749 section 2.3).
            client.DefaultRequestHeaders.Authorization = null;
        });

        builder.Services.Configure<HttpClientFactoryOptions>(
            builder.Name,
            options => options.HttpMessageHandlerBuilderActions.Add(RemoveInheritedHandlers));

        builder.Services.PostConfigure<HttpClientFactoryOptions>(builder.Name, options =>
        {
            var actions = options.HttpMessageHandlerBuilderActions;
            var primaryHandler = new PrimaryHandler(clientName);
            actions.Insert(actions.IndexOf(RemoveInheritedHandlers) + 1, primaryHandler.CheckInherited);
            actions.Insert(0, primaryHandler.Begin);
            actions.Add(primaryHandler.Complete);

            // Redacts all headers, whatever the defaults are: any of them may repeat the secret, such as Location in a response.
            options.ShouldRedactHeaderValue = _ => true;
        });
    }

    private static void RemoveInheritedHandlers(HttpMessageHandlerBuilder builder)
    {
        for (var i = builder.AdditionalHandlers.Count - 1; i >= 0; i--)
        {
            if (IsForApis(builder.AdditionalHandlers[i].GetType()))
            {
                builder.AdditionalHandlers.RemoveAt(i);
            }
        }
    }

    // The library itself retries and honors Retry-After, the portal's address is not the name of a service, and a token request
    // belongs to no request whose headers it could propagate. Type names as text, because the library does not depend on the
    // packages of these handlers.
    private static bool IsForApis(Type? handler)
        => handler is not null
            && (IsWithin("Microsoft.Extensions.Http.PolicyHttpMessageHandler", handler)
                || IsWithin("Microsoft.Extensions.Http.Resilience.", handler)
                || IsWithin("Microsoft.Extensions.ServiceDiscovery.", handler)
                || IsWithin("Microsoft.AspNetCore.HeaderPropagation.", handler)
                || IsForApis(handler.BaseType));

    private static bool IsWithin(string prefix, Type type)
        => type.FullName?.StartsWith(prefix, StringComparison.Ordinal) == true;
}
