namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>Sends a request twice, and in between does what a test wants.</summary>
internal sealed class SendsTwice(Action<HttpRequestMessage>? between = null) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        (await base.SendAsync(request, cancellationToken)).Dispose();
        between?.Invoke(request);
        return await base.SendAsync(request, cancellationToken);
    }
}

/// <summary>Sends a copy whose headers were copied as text; as a retry, after the request itself.</summary>
internal sealed class SendsCopy(bool isRetry, Action<HttpRequestMessage>? change = null, bool copiesOptions = false)
    : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (isRetry)
        {
            (await base.SendAsync(request, cancellationToken)).Dispose();
        }

        using var copy = new HttpRequestMessage(request.Method, request.RequestUri);
        foreach (var (name, values) in request.Headers)
        {
            copy.Headers.TryAddWithoutValidation(name, values);
        }

        if (copiesOptions)
        {
            foreach (var (key, value) in request.Options)
            {
                ((IDictionary<string, object?>)copy.Options).Add(key, value);
            }
        }

        change?.Invoke(copy);
        return await base.SendAsync(copy, cancellationToken);
    }
}
