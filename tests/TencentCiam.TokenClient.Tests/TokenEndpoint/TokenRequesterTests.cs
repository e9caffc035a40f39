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

    [Fact]
    public async Task A_handler_that_Send_would_skip_is_not_skipped()
    {
        var responding = new Responding();

        await RequestAsync(() => new OnlyAsynchronous { InnerHandler = responding }, onOwnThread: true);

        Assert.Equal((0, 1), (responding.Synchronous, responding.Asynchronous));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_is_synchronous_only_on_a_thread_of_its_own(bool onOwnThread)
    {
        var responding = new Responding();

        Assert.IsType<CiamTokenResult.Success>(await RequestAsync(() => responding, onOwnThread));

        Assert.Equal(onOwnThread ? (1, 0) : (0, 1), (responding.Synchronous, responding.Asynchronous));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_callers_SynchronizationContext_is_not_used(bool isRefused)
    {
        var context = new BlockedThreadContext();

        await context.Run(() => RequestAsync(() => isRefused ? new Refusing(isLate: true) : new Responding(), onOwnThread: true));

        Assert.Equal(0, context.Posts);
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

    private static HttpResponseMessage Response() => new(HttpStatusCode.OK)
    {
        Content = new StringContent("""{"access_token":"t","token_type":"Bearer","expires_in":299}""", null, "application/json"),
    };

    private sealed class Refusing(bool isLate = false) : HttpMessageHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
            => throw new NotSupportedException();

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            if (isLate)
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            return Response();
        }
    }

    private sealed class Responding : HttpMessageHandler
    {
        public int Synchronous { get; private set; }

        public int Asynchronous { get; private set; }

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Synchronous++;
            return Response();
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asynchronous++;
            return Task.FromResult(Response());
        }
    }

    private sealed class OnlyAsynchronous : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => base.SendAsync(request, cancellationToken);
    }
}
