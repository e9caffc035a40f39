using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>Which pipelines of handlers do the same in Send as in SendAsync.</summary>
public sealed class SynchronousPipelineTests
{
    [Fact]
    public void The_handlers_of_DotNet_and_of_this_library_can_send_synchronously()
    {
        Assert.True(SynchronousPipeline.CanSend(new SocketsHttpHandler()));
        Assert.True(SynchronousPipeline.CanSend(new HttpClientHandler()));
        Assert.True(SynchronousPipeline.CanSend(new InvalidResponseRedactionHandler(new SocketsHttpHandler())));
        Assert.True(SynchronousPipeline.CanSend(handler: null));
    }

    [Fact]
    public void A_handler_that_overrides_both_methods_can_send_synchronously()
        => Assert.True(SynchronousPipeline.CanSend(new Both()));

    [Fact]
    public void A_handler_that_overrides_only_SendAsync_cannot()
        => Assert.False(SynchronousPipeline.CanSend(new OnlyAsynchronous()));

    [Fact]
    public void A_handler_that_overrides_only_Send_can()
        => Assert.True(SynchronousPipeline.CanSend(new WithSend()));

    [Fact]
    public void A_handler_whose_SendAsync_does_more_than_the_Send_that_it_inherits_cannot()
        => Assert.False(SynchronousPipeline.CanSend(new WithSendAsync()));

    [Fact]
    public void Each_handler_of_a_pipeline_counts()
    {
        Assert.True(SynchronousPipeline.CanSend(new Both { InnerHandler = new Both { InnerHandler = new SocketsHttpHandler() } }));
        Assert.False(SynchronousPipeline.CanSend(new Both { InnerHandler = new OnlyAsynchronous { InnerHandler = new Both() } }));
    }

    private class OnlyAsynchronous : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => base.SendAsync(request, cancellationToken);
    }

    private sealed class WithSend : OnlyAsynchronous
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
            => base.Send(request, cancellationToken);
    }

    private class Both : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => base.SendAsync(request, cancellationToken);

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
            => base.Send(request, cancellationToken);
    }

    private sealed class WithSendAsync : Both
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => base.SendAsync(request, cancellationToken);
    }
}
