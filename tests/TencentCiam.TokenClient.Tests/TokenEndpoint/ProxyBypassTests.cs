using System.Net;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>Which requests of the token endpoint's HttpClient avoid a proxy that could read them.</summary>
public sealed class ProxyBypassTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("https://127.0.0.1:1/")]
    [InlineData("http://portal.test/")]
    public async Task Only_plain_http_to_this_machine_bypasses_the_proxy(string address)
    {
        using var primary = new Primary();
        using var invoker = new HttpMessageInvoker(new ProxyBypassHandler(primary, WithProxy()));

        using var asynchronous = await invoker.SendAsync(new HttpRequestMessage(HttpMethod.Post, address), Cancellation);
        using var synchronous = invoker.Send(new HttpRequestMessage(HttpMethod.Post, address), Cancellation);

        Assert.Equal(2, primary.Requests);
    }

    [Fact]
    public async Task Without_a_proxy_nothing_is_bypassed()
    {
        using var primary = new Primary();
        using var invoker = new HttpMessageInvoker(new ProxyBypassHandler(primary, new SocketsHttpHandler { UseProxy = false }));

        using var response = await invoker.SendAsync(new HttpRequestMessage(HttpMethod.Post, "http://127.0.0.1:1/"), Cancellation);

        Assert.Equal(1, primary.Requests);
    }

    [Fact]
    public async Task Disposing_the_handler_disposes_the_primary_handler_and_the_direct_one()
    {
        var primary = new Primary();
        var handler = new ProxyBypassHandler(primary, WithProxy());
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);

        handler.Dispose();

        Assert.True(primary.IsDisposed);
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => invoker.SendAsync(new HttpRequestMessage(HttpMethod.Post, "http://127.0.0.1:1/"), Cancellation));
    }

    private static SocketsHttpHandler WithProxy() => new() { Proxy = new WebProxy("http://proxy.test:3128") };

    private sealed class Primary : HttpMessageHandler
    {
        public int Requests { get; private set; }

        public bool IsDisposed { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => Task.FromResult(Send(request, cancellationToken));

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            return new HttpResponseMessage(HttpStatusCode.OK);
        }

        protected override void Dispose(bool disposing)
        {
            IsDisposed |= disposing;
            base.Dispose(disposing);
        }
    }
}
