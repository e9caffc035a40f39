using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>The factory's HttpClient for the token endpoint: the only one that the secret travels through.</summary>
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
            // Before all that the user configures, which may replace it. The factory's own, before version 9, keeps a
            // connection for good, and would not see that the portal's address has changed.
            options.HttpMessageHandlerBuilderActions.Insert(
                0,
                handlers => handlers.PrimaryHandler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(2) });

            // After all of that, so that it also holds for a primary handler of the user's own.
            options.HttpMessageHandlerBuilderActions.Add(handlers =>
            {
                Harden(handlers.PrimaryHandler);
                handlers.PrimaryHandler = new InvalidResponseRedactionHandler(handlers.PrimaryHandler);
            });

            // All of them, whatever the user shows of other clients: an answer may repeat the secret, in a Location for one.
            options.ShouldRedactHeaderValue = _ => true;
        });
    }

    // A redirect would carry the secret to wherever it leads; the token endpoint has no use for cookies; and what is
    // decompressed escapes the cap on the body's size. A handler that is right already is left alone: it may be shared, and
    // one that has sent a request cannot be changed any more.
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

    // AppendPath all other handlers, because some log what is thrown: those of HttpClientFactory do.
    private sealed class InvalidResponseRedactionHandler(HttpMessageHandler primary) : DelegatingHandler(primary)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException e) when (TokenEndpointFailure.RedactInvalidResponse(e) is { } redacted)
            {
                throw redacted;
            }
        }
    }
}
