using Microsoft.AspNetCore.Http.Extensions;

namespace CiamPortal;

/// <summary>Has Kestrel answer what an HttpMessageHandler answers, header by header and byte by byte.</summary>
internal static class HandlerEndpoint
{
    /// <param name="context">The request that came in.</param>
    /// <param name="handler">The handler that answers it.</param>
    /// <param name="origin">
    /// Where the handler believes itself to be. Whatever name the client knows this machine by, the request is for there.
    /// </param>
    public static async Task AnswerAsync(HttpContext context, HttpMessageInvoker handler, Uri origin)
    {
        using var request = ReadRequest(context.Request, origin);
        HttpResponseMessage response;
        try
        {
            response = await handler.SendAsync(request, context.RequestAborted);
        }
        catch (HttpRequestException)
        {
            // An emulator says by this that there is no connection to it.
            context.Abort();
            return;
        }

        using (response)
        {
            await WriteResponseAsync(response, context);
        }
    }

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
            // HttpClient keeps the headers of the body apart, and refuses them among the others.
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

        // Not validated: parsing a header and writing it again could change it.
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            outgoing.Headers[name] = values.ToArray();
        }

        // Otherwise the server would send the body in chunks.
        outgoing.ContentLength = response.Content.Headers.ContentLength;
        await response.Content.CopyToAsync(outgoing.Body, context.RequestAborted);
    }
}
