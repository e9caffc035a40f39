using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>The factory's HttpClient for the token endpoint: the only one that carries the secret.</summary>
internal static class TokenEndpointHttpClient
{
    private const string Prefix = Log.Category;

    public static string Name(string clientName) => clientName.Length == 0 ? Prefix : $"{Prefix}:{clientName}";

    public static bool IsName(string httpClientName)
        => httpClientName == Prefix || httpClientName.StartsWith(Prefix + ":", StringComparison.Ordinal);

    public static void Configure(IHttpClientBuilder builder)
    {
        // RequestTimeout takes its place, on the TimeProvider.
        builder.ConfigureHttpClient(client => client.Timeout = Timeout.InfiniteTimeSpan);

        builder.Services.PostConfigure<HttpClientFactoryOptions>(builder.Name, options =>
        {
            // Before everything that the user configures, which may replace it. The factory's own handler, before version 9,
            // keeps a connection for good and would not notice that the portal's address has changed.
            options.HttpMessageHandlerBuilderActions.Insert(
                0,
                handlers => handlers.PrimaryHandler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(2) });

            // After all of that, so that it also applies to a primary handler of the user's own.
            options.HttpMessageHandlerBuilderActions.Add(handlers =>
            {
                Harden(handlers.PrimaryHandler);
                handlers.PrimaryHandler = new InvalidResponseRedactionHandler(handlers.PrimaryHandler);
            });

            // All headers, whatever the user shows of other clients: a response may repeat the secret, in a Location for one.
            options.ShouldRedactHeaderValue = _ => true;
        });
    }

    // A redirect would carry the secret to wherever it leads; the token endpoint has no use for cookies; and decompressed
    // data escapes the cap on the body's size. A handler that is already right is left alone: it may be shared, and one that
    // has sent a request can no longer be changed.
    private static void Harden(HttpMessageHandler? primary)
    {
        while (primary is DelegatingHandler outer)
        {
            primary = outer.InnerHandler;
        }

        switch (primary)
        {
            case SocketsHttpHandler { AllowAutoRedirect: false, UseCookies: false, AutomaticDecompression: DecompressionMethods.None }:
            case HttpClientHandler { AllowAutoRedirect: false, UseCookies: false, AutomaticDecompression: DecompressionMethods.None }:
                break;
            case SocketsHttpHandler handler:
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
                handler.AutomaticDecompression = DecompressionMethods.None;
                break;
            case HttpClientHandler handler:
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
                handler.AutomaticDecompression = DecompressionMethods.None;
                break;
        }
    }
}
