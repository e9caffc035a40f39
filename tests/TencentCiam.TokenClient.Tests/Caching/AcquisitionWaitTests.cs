using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Testing;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Tests.Caching;

public sealed class AcquisitionWaitTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_waiting_caller_that_comes_to_the_token_after_it_has_expired_gets_another(bool synchronously)
    {
        var clock = new TestClock();
        var client = SlotClient.Create(clock, new SlotPortal(clock));
        var slot = NewSlot(client);
        await slot.GetTokenAsync(TestContext.Current.CancellationToken);
        var ended = slot.LatestAcquisition!;
        clock.AdvanceSeconds(300);

        // A caller whose thread was not scheduled between the end of the acquisition and now.
        var wait = new AcquisitionWait(slot, client, ended, maxWait: null);
        var token = synchronously
            ? wait.Wait(TestContext.Current.CancellationToken)
            : await wait.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("token-2", token.Value);
    }

    [Fact]
    public async Task A_token_that_had_expired_on_arrival_is_returned_to_the_callers_that_waited_for_it()
    {
        using var host = new CiamHost(lifetimeSeconds: 1);

        Assert.NotNull(await host.TokenAsync());
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task After_a_suspend_a_portal_that_hangs_holds_no_caller_past_half_of_what_the_wall_clock_leaves()
    {
        // 300 s by the monotonic clock, which stood still, and 14 s by the wall clock: the token is in its margin.
        using var host = new CiamHost();
        var token = await host.TokenAsync();
        host.Clock.StepWallClock(TimeSpan.FromSeconds(286));
        host.Portal.Outage = CiamPortalFault.Delay(TimeSpan.FromMinutes(1));

        var pending = host.TokenAsync();
        await host.Clock.TimerAsync(60, 60);
        host.Clock.AdvanceSeconds(7);

        Assert.Same(token, await pending);
    }

    [Fact]
    public async Task An_unexpected_exception_reaches_the_callers_and_leaves_the_next_one_free_to_acquire()
    {
        var clock = new TestClock();
        var portal = new SlotPortal(clock) { Throw = new InvalidTimeZoneException() };
        var slot = NewSlot(SlotClient.Create(clock, portal));

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => slot.GetTokenAsync(TestContext.Current.CancellationToken).AsTask());

        Assert.Equal("token-1", (await slot.GetTokenAsync(TestContext.Current.CancellationToken)).Value);
    }

    [Fact]
    public async Task An_unexpected_exception_leaves_callers_the_token_that_has_not_expired()
    {
        var clock = new TestClock();
        var portal = new SlotPortal(clock);
        var slot = NewSlot(SlotClient.Create(clock, portal));
        var token = await slot.GetTokenAsync(TestContext.Current.CancellationToken);
        clock.AdvanceSeconds(286);
        portal.Throw = new InvalidTimeZoneException();

        Assert.Same(token, await slot.GetTokenAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_pause_of_a_synchronous_acquisition_blocks_no_thread_of_the_pool()
    {
        var clock = new TestClock();
        var requester = new AsynchronousRequester(clock);
        var slot = NewSlot(SlotClient.Create(clock, requester));
        var pending = Task.Factory.StartNew(
            () => slot.GetToken(TestContext.Current.CancellationToken),
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await requester.Requested;

        // The limit is in real time and only for a thread that stays blocked: the test fails instead of hanging.
        await Task.Run(requester.Fail, TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        clock.Advance(await clock.TimerAsync(0.2, 0.25));
        Assert.Equal("token", (await pending).Value);
    }

    private static TokenSlot NewSlot(ClientContext client) => new("", client, new SlotProvider(client));

    /// <summary>As when a handler cannot send synchronously: the first request ends on the thread that makes it fail.</summary>
    private sealed class AsynchronousRequester(TestClock clock) : TokenRequester(null!, null!, "", clock)
    {
        private readonly TaskCompletionSource _requested = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<CiamTokenResult> _first = new();

        public Task Requested => _requested.Task;

        public void Fail() => _first.SetResult(new CiamTokenResult.Failure(TokenErrors.ConnectionFailed(
            new TokenRequestContext(new CiamClientCredentialsOptions(), clock), "refused", new HttpRequestException())));

        public override Task<CiamTokenResult> RequestTokenOnOwnThreadAsync(
            CiamClientCredentialsOptions options, string scope, CancellationToken cancellationToken)
            => _requested.TrySetResult()
                ? _first.Task
                : Task.FromResult<CiamTokenResult>(new CiamTokenResult.Success(
                    new CiamAccessToken("token", TimeSpan.FromSeconds(299), clock.GetUtcNow().AddSeconds(299))));
    }
}
