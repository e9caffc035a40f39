namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>
/// Keeps a response that is not valid HTTP out of exceptions. It is inside all handlers of the HttpClient, because some of them,
/// such as those of IHttpClientFactory, log exceptions.
/// </summary>
internal sealed class InvalidResponseRedactionHandler(HttpMessageHandler primary) : DelegatingHandler(primary)
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

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return base.Send(request, cancellationToken);
        }
        catch (HttpRequestException e) when (TokenEndpointFailure.RedactInvalidResponse(e) is { } redacted)
        {
            throw redacted;
        }
    }
}
