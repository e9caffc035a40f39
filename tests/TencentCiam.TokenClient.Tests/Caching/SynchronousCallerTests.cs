using System.Net;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.Caching;

/// <summary>Callers of <c>HttpClient.Send</c>: neither they nor the acquisitions that they start need the thread pool.</summary>
public sealed class SynchronousCallerTests
{
    [Fact]
    public void A_synchronous_caller_starts_an_acquisition_that_does_not_use_the_thread_pool()
    {
        var threads = new ThreadRecordingHandler();
        using var host = HostWith(threads);

        var token = GetToken(host);

        Assert.NotNull(token);
        Assert.Equal(["Send on its own thread"], threads.Calls);
    }

    [Fact]
    public async Task An_asynchronous_caller_starts_an_acquisition_on_the_thread_pool()
    {
        var threads = new ThreadRecordingHandler();
        using var host = HostWith(threads);

        await host.TokenAsync();

        Assert.Equal(["SendAsync on the pool"], threads.Calls);
    }

    [Fact]
    public async Task A_background_refresh_that_a_synchronous_caller_starts_does_not_use_the_thread_pool()
    {
        var threads = new ThreadRecordingHandler();
        using var host = HostWith(threads);
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(245);
        threads.Calls.Clear();

        GetToken(host);
        await host.AcquisitionsCompleteAsync();

        Assert.Equal(["Send on its own thread"], threads.Calls);
    }

    [Fact]
    public void Synchronous_callers_share_one_acquisition()
    {
        using var released = new ManualResetEventSlim();
        using var host = HostWith(new BlockingHandler(released));
        var tokens = new CiamAccessToken[20];
        var callers = Enumerable.Range(0, tokens.Length).Select(i => new Thread(() => tokens[i] = GetToken(host))).ToList();

        callers.ForEach(caller => caller.Start());
        released.Set();
        callers.ForEach(caller => caller.Join());

        Assert.Single(tokens.Distinct());
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task A_synchronous_caller_joins_an_acquisition_that_an_asynchronous_one_started()
    {
        using var host = new CiamHost();
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(1)));
        var asynchronous = host.TokenAsync();
        await host.Clock.TimerAsync(1, 1);

        var synchronous = Task.Factory.StartNew(
            () => GetToken(host), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        host.Clock.AdvanceSeconds(1);

        Assert.Same(await asynchronous, await synchronous);
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public void A_handler_that_cannot_send_synchronously_is_not_skipped()
    {
        var handler = new AsynchronousHandler();
        using var host = HostWith(handler);

        GetToken(host);

        Assert.Equal(1, handler.Calls);
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public void A_primary_handler_that_cannot_send_synchronously_is_sent_to_asynchronously()
    {
        using var host = new CiamHost(services: services => services.AddCiamClientCredentials(_ => { })
            .ConfigurePrimaryHttpMessageHandler(() => new AsynchronousPrimary()));

        Assert.Equal("token", GetToken(host).Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_response_that_can_only_be_read_asynchronously_is_read_without_a_second_request(bool isStream)
    {
        using var host = HostWith(new AsynchronousContentHandler(isStream));

        GetToken(host);

        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public void A_synchronous_caller_gets_the_error()
    {
        using var host = new CiamHost();
        host.Portal.Application.IsEnabled = false;

        Assert.IsType<CiamTokenError.InvalidClient>(Assert.Throws<CiamTokenException>(() => GetToken(host)).Error);
        Assert.IsType<CiamTokenError.InvalidClient>(Assert.Throws<CiamTokenException>(() => GetToken(host)).Error);
        Assert.Equal(1, host.TokenRequests);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.Unauthorized)]
    public void A_synchronous_response_is_judged_like_any_other(HttpStatusCode status)
    {
        using var host = new CiamHost(configure: options => options.AcquisitionTimeout = TimeSpan.FromMilliseconds(100));
        host.Portal.Outage = CiamPortalFault.Respond(_ => new HttpResponseMessage(status)
        {
            Content = new StringContent("""{"error":"invalid_request","error_description":"said"}"""),
        });

        var error = Assert.Throws<CiamTokenException>(() => GetToken(host)).Error;

        Assert.Equal(status, error.StatusCode);
        Assert.Equal("said", error.Description);
    }

    [Fact]
    public async Task A_synchronous_acquisition_pauses_between_attempts_on_the_clock()
    {
        using var host = new CiamHost();
        host.Portal.FailNext(CiamPortalFault.BadGateway());
        var pending = Blocked(host);

        host.Clock.Advance(await host.Clock.TimerAsync(0.2, 0.25));

        Assert.NotNull(await pending);
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task A_synchronous_caller_can_cancel_its_wait_and_the_acquisition_continues()
    {
        using var released = new ManualResetEventSlim();
        using var host = HostWith(new BlockingHandler(released));
        using var cancellation = new CancellationTokenSource();
        var pending = Blocked(host, cancellation);
        await RequestedAsync(host);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);

        released.Set();
        await host.AcquisitionsCompleteAsync();
        host.TokenAtOnce();
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task A_handler_that_ignores_cancellation_holds_no_synchronous_caller_past_AcquisitionTimeout()
    {
        using var released = new ManualResetEventSlim();
        using var host = HostWith(new BlockingHandler(released), options => options.AcquisitionTimeout = TimeSpan.FromSeconds(17));
        var pending = Blocked(host);
        await RequestedAsync(host);

        host.Clock.AdvanceSeconds(17);

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(() => pending);
        Assert.Equal(CiamTokenErrorCodes.Timeout, thrown.Error.Code);
        released.Set();
    }

    [Fact]
    public async Task A_portal_that_hangs_holds_a_synchronous_caller_no_longer_than_half_of_what_the_token_has_left()
    {
        using var host = new CiamHost(lifetimeSeconds: 301);
        var token = await host.TokenAsync();
        host.Clock.AdvanceSeconds(286);
        host.Portal.Outage = CiamPortalFault.Delay(TimeSpan.FromMinutes(1));
        var pending = Blocked(host);
        await host.Clock.TimerAsync(7, 7);

        host.Clock.AdvanceSeconds(7);

        Assert.Same(token, await pending);
    }

    [Fact]
    public async Task A_limited_wait_on_the_machines_own_clock_ends()
    {
        var never = new TaskCompletionSource();

        var waiting = Task.Run(
            () => SynchronousWait.For(never.Task, TimeSpan.Zero, TimeProvider.System, CancellationToken.None),
            TestContext.Current.CancellationToken);

        // The limit is only for a wait that does not end: the test fails instead of hanging.
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_pause_on_the_machines_own_clock_lasts_until_it_is_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var pausing = new Thread(() => SynchronousWait.For(TimeSpan.FromHours(1), TimeProvider.System, cancellation.Token))
        {
            IsBackground = true,
        };
        pausing.Start();
        while (!pausing.ThreadState.HasFlag(ThreadState.WaitSleepJoin))
        {
            Assert.True(pausing.IsAlive, "the pause has ended");
            Thread.Yield();
        }

        cancellation.Cancel();

        // The limit is only for a pause that does not end: the test fails instead of hanging.
        Assert.True(pausing.Join(TimeSpan.FromSeconds(30)));
    }

    private static async Task RequestedAsync(CiamHost host)
    {
        while (host.Services.GetRequiredService<BlockingState>().Entered == 0)
        {
            await Task.Yield();
        }
    }

    private static CiamAccessToken GetToken(CiamHost host, CancellationTokenSource? cancellation = null)
        => ((CiamTokenProvider)host.Tokens).GetToken(scope: null, cancellation?.Token ?? TestContext.Current.CancellationToken);

    private static Task<CiamAccessToken> Blocked(CiamHost host, CancellationTokenSource? cancellation = null)
        => Task.Factory.StartNew(
            () => GetToken(host, cancellation),
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

    private static CiamHost HostWith(DelegatingHandler handler, Action<CiamClientCredentialsOptions>? configure = null)
        => new(configure: configure, services: services =>
        {
            services.AddSingleton((handler as BlockingHandler)?.State ?? new BlockingState());
            services.AddCiamClientCredentials(_ => { }).AddHttpMessageHandler(() => handler);
        });

    private sealed class BlockingState
    {
        private int _entered;

        public int Entered => Volatile.Read(ref _entered);

        public void Enter() => Interlocked.Increment(ref _entered);
    }

    private sealed class BlockingHandler(ManualResetEventSlim released) : DelegatingHandler
    {
        public BlockingState State { get; } = new();

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            State.Enter();
            released.Wait(TestContext.Current.CancellationToken);
            return base.Send(request, cancellationToken);
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => throw new NotSupportedException();
    }

    private sealed class ThreadRecordingHandler : DelegatingHandler
    {
        public List<string> Calls { get; } = [];

        private static string Where => Thread.CurrentThread.IsThreadPoolThread ? "the pool" : "its own thread";

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Calls.Add($"Send on {Where}");
            return base.Send(request, cancellationToken);
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Calls.Add($"SendAsync on {Where}");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class AsynchronousHandler : DelegatingHandler
    {
        public int Calls { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Calls++;
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class AsynchronousContentHandler(bool isStream) : DelegatingHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = base.Send(request, cancellationToken);
            response.Content = isStream
                ? new StreamContent(new AsynchronousStream(response.Content.ReadAsStream(cancellationToken)))
                : new AsynchronousContent(response.Content);
            return response;
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => base.SendAsync(request, cancellationToken);
    }

    private sealed class AsynchronousContent(HttpContent content) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => content.CopyToAsync(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class AsynchronousStream(Stream stream) : MemoryStream
    {
        public override int Read(Span<byte> buffer) => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => stream.ReadAsync(buffer, cancellationToken);
    }

    private sealed class AsynchronousPrimary : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent("""{"access_token":"token","token_type":"Bearer","expires_in":299}"""),
            };
        }
    }
}
