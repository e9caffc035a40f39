using Microsoft.Extensions.Http;
using TencentCiam.TokenClient.BearerToken;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>The handlers of an HttpClient that has token handlers, in an order that keeps the library's promises.</summary>
internal static class TokenHandlerPipeline
{
    /// <summary>Configures an HttpClient that has a token handler; once, also if it has several.</summary>
    public static void Configure(HttpClientFactoryOptions options, IServiceProvider services)
    {
        if (options.HttpMessageHandlerBuilderActions.Contains(Arrange))
        {
            return;
        }

        InheritedHandlers.Track(options, InheritedHandlers.GetDefaults(services));
        options.HttpMessageHandlerBuilderActions.Add(Arrange);

        // RedactLoggedHeaders would replace the user's choice, or the default of all headers, with this one name.
        var others = options.ShouldRedactHeaderValue;
        options.ShouldRedactHeaderValue =
            header => header.Equals("Authorization", StringComparison.OrdinalIgnoreCase) || others(header);
    }

    private static void Arrange(HttpMessageHandlerBuilder builder)
    {
        var handlers = builder.AdditionalHandlers;
        CiamBearerTokenHandler[] tokenHandlers = [.. handlers.OfType<CiamBearerTokenHandler>()];
        if (tokenHandlers is not [var outermost, ..])
        {
            return;
        }

        // No inherited retry may repeat a call that has no token, no circuit breaker may count it, and service discovery changes
        // the address that decides whether the token may be sent.
        var inherited = InheritedHandlers.Take(builder);
        foreach (var handler in inherited)
        {
            handlers.Remove(handler);
        }

        var position = handlers.IndexOf(tokenHandlers[^1]) + 1;
        foreach (var handler in inherited)
        {
            handlers.Insert(position++, handler);
        }

        if (handlers.Skip(handlers.IndexOf(outermost)).Except(tokenHandlers).Any())
        {
            handlers.Add(new PlainHttpGuardHandler(tokenHandlers));
            foreach (var handler in tokenHandlers)
            {
                handler.HasPlainHttpGuard = true;
            }
        }
    }
}
