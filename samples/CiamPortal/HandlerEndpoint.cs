using Microsoft.AspNetCore.Http.Extensions;

namespace CiamPortal;

/// <summary>Serves the responses of an HttpMessageHandler over HTTP, unchanged in every header and byte.</summary>
internal static class HandlerEndpoint
{
    private static readonly object Aborted = new();

    /// <param name="context">The context of the incoming request.</param>
    /// <param name="handler">The handler that produces the response.</param>
    /// <param name="origin">
    /// The origin that the handler expects. The request is sent to it, whatever host name the client used for this machine.
    /// </param>
    public static async Task AnswerAsync(HttpContext context, HttpMessageInvoker handler, Uri origin)
    {
        using var request = ReadRequest(context.Request, origin);
        try
        {
            using var response = await handler.SendAsync(request, context.RequestAborted);
            await WriteResponseAsync(response, context);
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException)
        {
            // The emulator's ways of simulating a connection that fails, before or within the response.
            context.Items[Aborted] = true;
            context.Abort();
        }
    }

    /// <summary>Whether the connection was closed before the end of the response.</summary>
    public static bool HasAborted(HttpContext context) => context.Items.ContainsKey(Aborted);

    private static HttpRequestMessage ReadRequest(HttpRequest incoming, Uri origin)
    {
        var request = new HttpRequestMessage(
            new HttpMethod(incoming.Method),
            new Uri(origin.GetLeftPart(UriPartial.Authority) + incoming.GetEncodedPathAndQuery()))
        {
            Content = new StreamContent(incoming.Body),
        };

        foreach (var (name, values) in incoming.Headers)
        {
            // HttpClient keeps content headers separate and does not accept them as request headers.
            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                request.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        return request;
    }

    private static async Task WriteResponseAsync(HttpResponseMessage response, HttpContext context)
    {
        var outgoing = context.Response;
        outgoing.StatusCode = (int)response.StatusCode;

        // Not validated, because parsing a header and formatting it again could change it.
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            outgoing.Headers[name] = values.ToArray();
        }

        // Without a length, the server would send the body in chunks.
        outgoing.ContentLength = response.Content.Headers.ContentLength;
        await response.Content.CopyToAsync(outgoing.Body, context.RequestAborted);
    }
}
