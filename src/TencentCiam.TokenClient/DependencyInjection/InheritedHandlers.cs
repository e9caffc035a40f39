using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>
/// Distinguishes the handlers that an HttpClient inherits from <c>ConfigureHttpClientDefaults</c> from those that were added to
/// its own builder. The factory's options do not keep the two apart, but the actions of the defaults always come first.
/// </summary>
internal static class InheritedHandlers
{
    // No HttpClient has this name, so its options are exactly those that every HttpClient inherits.
    private const string UnusedName = "TencentCiam.TokenClient/defaults";

    /// <summary>Returns what every HttpClient inherits.</summary>
    public static HttpClientFactoryOptions GetDefaults(IServiceProvider services)
        => services.GetRequiredService<IOptionsFactory<HttpClientFactoryOptions>>().Create(UnusedName);

    /// <summary>Notes, while handlers are built, which ones are inherited. Each call is followed by one of <see cref="Take"/>.</summary>
    public static void Track(HttpClientFactoryOptions options, HttpClientFactoryOptions defaults)
        => options.HttpMessageHandlerBuilderActions.Insert(
            Math.Min(defaults.HttpMessageHandlerBuilderActions.Count, options.HttpMessageHandlerBuilderActions.Count),
            static builder => builder.AdditionalHandlers.Add(new Note([.. builder.AdditionalHandlers])));

    /// <summary>Removes the note, and returns the inherited handlers that are still there, outermost first.</summary>
    public static IReadOnlyList<DelegatingHandler> Take(HttpMessageHandlerBuilder builder)
    {
        var note = builder.AdditionalHandlers.OfType<Note>().First();
        builder.AdditionalHandlers.Remove(note);
        return [.. builder.AdditionalHandlers.Intersect(note.Inherited)];
    }

    // One of its own for each pipeline that is built, where nothing else of the builder's could carry the list.
    private sealed class Note(IReadOnlyList<DelegatingHandler> inherited) : DelegatingHandler
    {
        public IReadOnlyList<DelegatingHandler> Inherited => [.. inherited.Where(handler => handler is not Note)];
    }
}
