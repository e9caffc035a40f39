using System.Net;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>The token requests of the cache, each with an HttpClient of its own.</summary>
public sealed class TokenRequesterTests
{
    private static readonly CiamClientCredentialsOptions Options = new()
    {
        Authority = new Uri("https://sample.portal.tencentciam.com"),
        ClientId = WireClient.ClientId,
        ClientSecret = WireClient.ClientSecret,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_HttpClient_that_cannot_be_created_is_a_failure(bool onOwnThread)
    {
        var result = await RequestAsync(() => throw new InvalidOperationException("wrong"), onOwnThread);

        Assert.Equal(CiamTokenErrorCodes.RequestFailed, Assert.IsType<CiamTokenResult.Failure>(result).Error.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_the_application_has_ended_the_exception_says_so(bool onOwnThread)
        => await Assert.ThrowsAsync<ObjectDisposedException>(
            () => RequestAsync(() => throw new ObjectDisposedException(nameof(IServiceProvider)), onOwnThread));

    [Fact]
    public async Task A_handler_that_cannot_send_synchronously_after_all_sends_asynchronously()
    {
        var result = await RequestAsync(() => new Refusing(), onOwnThread: true);

        Assert.IsType<CiamTokenResult.Success>(result);
    }

    private static Task<CiamTokenResult> RequestAsync(Func<HttpMessageHandler> create, bool onOwnThread)
    {
        var factory = new Factory(create);
        var requester = new TokenRequester(factory, factory, "name", TimeProvider.System);
        return onOwnThread
            ? requester.RequestTokenOnOwnThreadAsync(Options, "", TestContext.Current.CancellationToken)
            : Task.Run(() => requester.RequestTokenAsync(Options, "", TestContext.Current.CancellationToken));
    }

    private sealed class Factory(Func<HttpMessageHandler> create) : IHttpClientFactory, IHttpMessageHandlerFactory
    {
        public HttpClient CreateClient(string name) => new(create());

        public HttpMessageHandler CreateHandler(string name) => create();
    }

    private sealed class Refusing : HttpMessageHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
            => throw new NotSupportedException();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent("""{"access_token":"t","token_type":"Bearer","expires_in":299}""", null, "application/json"),
            });
    }
}
