using System.IO.Pipelines;
using System.Net;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>
/// In a desktop application or on an older server, the only thread of a SynchronizationContext may be blocked waiting for
/// the token: anything that needed that thread would deadlock.
/// </summary>
public sealed class SynchronizationContextTests
{
    [Theory]
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    public async Task A_token_request_does_not_use_the_callers_SynchronizationContext(HttpStatusCode status)
    {
        await FinishesWithoutContextAsync(status, opensLate: true, client => client.RequestTokenAsync());
        await FinishesWithoutContextAsync(status, opensLate: false, client => client.RequestTokenAsync());
    }

    [Fact]
    public Task A_revocation_does_not_use_the_callers_SynchronizationContext()
        => FinishesWithoutContextAsync(HttpStatusCode.BadRequest, opensLate: false, client => client.RevokeTokenAsync("token"));

    [Fact]
    public async Task Waiting_for_an_acquisition_does_not_use_the_callers_SynchronizationContext()
    {
        using var host = new CiamHost();
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(1)));
        var context = new BlockedThreadContext();

        var pending = context.Run(() => host.Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());
        host.Clock.Advance(await host.Clock.TimerAsync(1, 1));
        await pending;

        Assert.Equal(0, context.Posts);
    }

    private static async Task FinishesWithoutContextAsync(HttpStatusCode status, bool opensLate, Func<CiamTokenClient, Task> call)
    {
        using var content = new LateContent(opensLate);
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(options =>
            {
                options.Authority = new Uri("https://sample.portal.tencentciam.com");
                options.ClientId = "id";
                options.ClientSecret = "secret";
            })
            .ConfigurePrimaryHttpMessageHandler(() => new ImmediateHandler(new HttpResponseMessage(status) { Content = content }));
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<CiamTokenClient>();
        var context = new BlockedThreadContext();

        // Only the body is late, so that every await of it begins in the caller's context.
        var pending = context.Run(() => call(client));
        Assert.False(pending.IsCompleted);
        await content.CompleteAsync();
        await pending;

        Assert.Equal(0, context.Posts);
    }

    private sealed class ImmediateHandler(HttpResponseMessage response) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => Task.FromResult(response);
    }

    /// <summary>A body whose stream, or whose first byte, arrives only when the test completes it.</summary>
    private sealed class LateContent(bool opensLate) : HttpContent
    {
        private readonly Pipe _pipe = new();
        private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task CompleteAsync()
        {
            _opened.SetResult(_pipe.Reader.AsStream());
            await _pipe.Writer.WriteAsync("{}"u8.ToArray(), TestContext.Current.CancellationToken);
            await _pipe.Writer.CompleteAsync();
        }

        protected override Task<Stream> CreateContentReadStreamAsync()
            => opensLate ? _opened.Task : Task.FromResult(_pipe.Reader.AsStream());

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
