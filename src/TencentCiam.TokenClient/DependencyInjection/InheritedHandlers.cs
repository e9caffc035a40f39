using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>
/// Distinguishes the handlers that an HttpClient inherits from <c>ConfigureHttpClientDefaults</c> from those that were added to
/// its own builder. The factory's options do not keep the two apart, but what adds an inherited handler is the same delegate in
/// the options of every HttpClient.
/// </summary>
internal static class InheritedHandlers
{
    // No HttpClient has this name, so its options are exactly those that every HttpClient inherits.
    private const string UnusedName = "TencentCiam.TokenClient/defaults";

    private static readonly ConditionalWeakTable<DelegatingHandler, object?> Inherited = [];

    /// <summary>Returns what every HttpClient inherits.</summary>
    public static HttpClientFactoryOptions GetDefaults(IServiceProvider services)
        => services.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>().Get(UnusedName);

    /// <summary>Marks the inherited handlers when they are created, so that <see cref="Take"/> finds them.</summary>
    public static void Track(HttpClientFactoryOptions options, HttpClientFactoryOptions defaults)
    {
        var actions = options.HttpMessageHandlerBuilderActions;
        var inherited = defaults.HttpMessageHandlerBuilderActions.ToList();
        for (var i = 0; i < actions.Count; i++)
        {
            // Each only once: the HttpClient's own builder may have added a handler of the same type, by an equal delegate.
            if (inherited.Remove(actions[i]))
            {
                actions[i] = Marking(actions[i]);
            }
        }
    }

    /// <summary>Returns the inherited handlers that are still there, outermost first.</summary>
    public static IReadOnlyList<DelegatingHandler> Take(HttpMessageHandlerBuilder builder)
        => [.. builder.AdditionalHandlers.Where(handler => Inherited.TryGetValue(handler, out _))];

    private static Action<HttpMessageHandlerBuilder> Marking(Action<HttpMessageHandlerBuilder> action)
        => builder =>
        {
            DelegatingHandler[] before = [.. builder.AdditionalHandlers];
            action(builder);
            foreach (var handler in builder.AdditionalHandlers.Except(before))
            {
                Inherited.AddOrUpdate(handler, null);
            }
        };
}
