using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>The baseline: a handler that attaches a token cannot do less.</summary>
internal sealed class ConstantHeaderHandler : DelegatingHandler
{
    private static readonly AuthenticationHeaderValue Header = new("Bearer", new string('x', 773));

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = Header;
        return base.SendAsync(request, cancellationToken);
    }
}
