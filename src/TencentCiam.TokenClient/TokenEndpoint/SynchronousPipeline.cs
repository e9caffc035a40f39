using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>
/// Whether a pipeline of handlers does the same in <c>HttpClient.Send</c> as in <c>SendAsync</c>. A handler that overrides only
/// <c>SendAsync</c> is silently skipped by <c>Send</c>.
/// </summary>
internal static class SynchronousPipeline
{
    private static readonly Type[] Parameters = [typeof(HttpRequestMessage), typeof(CancellationToken)];

    public static bool CanSend(HttpMessageHandler? handler)
    {
        for (; handler is not null; handler = (handler as DelegatingHandler)?.InnerHandler)
        {
            if (!CanSend(handler.GetType()))
            {
                return false;
            }
        }

        return true;
    }

    // If trimming has removed a method that reflection looks for, the result is false, and the request is sent asynchronously.
    // The handlers of .NET and of IHttpClientFactory are known to support both.
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "A method that was removed is taken for one that is not there.")]
    private static bool CanSend(Type type)
        => type.Assembly == typeof(HttpClient).Assembly
            || type.Assembly == typeof(IHttpClientFactory).Assembly
            || type.Assembly == typeof(SynchronousPipeline).Assembly
            || (Declares(type, "Send") is { } send
                && Declares(type, "SendAsync") is { } sendAsync
                && (send == sendAsync || send.IsSubclassOf(sendAsync)));

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "A method that was removed is taken for one that is not there.")]
    private static Type? Declares(Type type, string method)
        => type.GetMethod(method, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public, Parameters)?.DeclaringType;
}
