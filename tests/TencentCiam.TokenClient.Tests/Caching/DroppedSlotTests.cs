using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Tests.Hosting;

namespace TencentCiam.TokenClient.Tests.Caching;

/// <summary>When a slot is dropped, and what its callers get that still have it. Slots are checked every 30 seconds.</summary>
public sealed class DroppedSlotTests : IDisposable
{
    private readonly TimerCountingClock _clock = new();
    private readonly SlotEviction _eviction;
    private readonly ClientContext _client;
    private readonly SlotProvider _provider;
    private readonly SlotPortal _portal;

    public DroppedSlotTests()
    {
        _eviction = new SlotEviction(_clock);
        _portal = new SlotPortal(_clock);
        _client = SlotClient.Create(_clock, _portal, _eviction);
        _provider = new SlotProvider(_client);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Callers_of_a_dropped_slot_get_the_token_of_another_one(bool synchronously)
    {
        var slot = Slot();
        await slot.GetTokenAsync(Cancellation);
        Assert.True(TryDrop(slot, evenIfFailing: false));

        var token = synchronously ? slot.GetToken(Cancellation) : await slot.GetTokenAsync(Cancellation);

        Assert.Same(await _provider.GetTokenAsync("read", Cancellation), token);
        Assert.Null(slot.Held);
        Assert.Equal(2, _portal.Requests);
    }

    [Fact]
    public async Task A_dropped_slot_acquires_nothing_without_a_caller()
    {
        var slot = Slot();
        await slot.GetTokenAsync(Cancellation);
        Assert.True(TryDrop(slot, evenIfFailing: false));

        Assert.Null(slot.AcquireFirst(isAwaited: true));
        Assert.Equal(default, slot.DecideWithoutCaller());
    }

    [Fact]
    public async Task A_slot_whose_token_is_being_acquired_is_dropped_only_after_that()
    {
        var slot = Slot();
        var response = _portal.Hold();
        var pending = slot.GetTokenAsync(Cancellation).AsTask();

        Assert.False(TryDrop(slot, evenIfFailing: true));
        response.SetResult(_portal.Token(TimeSpan.FromSeconds(10)));
        await pending;
        await slot.LatestAcquisition!.Reported;
        _eviction.Add(slot);
        Advance(seconds: 90);

        Assert.Equal(0, _eviction.Count);
    }

    [Fact]
    public async Task A_failure_is_forgotten_with_its_slot_only_if_there_are_too_many()
    {
        var slot = Slot();
        _portal.Result = new CiamTokenResult.Failure(new CiamTokenError.InvalidClient(System.Net.HttpStatusCode.Unauthorized));
        await Assert.ThrowsAsync<CiamTokenException>(() => slot.GetTokenAsync(Cancellation).AsTask());

        Assert.False(TryDrop(slot, evenIfFailing: false));
        Assert.True(TryDrop(slot, evenIfFailing: true));
    }

    [Theory]
    [InlineData(true, 3600)]
    [InlineData(false, 30)]
    public async Task A_slot_is_dropped_at_the_check_at_which_it_was_unused_long_enough(bool hasToken, int secondsKept)
    {
        var slot = Slot();
        _eviction.Add(slot);
        if (hasToken)
        {
            _portal.Result = _portal.Token(TimeSpan.FromHours(2));
            await slot.GetTokenAsync(Cancellation);
        }

        Advance(secondsKept);
        Assert.Equal(1, _eviction.Count);
        Advance(seconds: 30);

        Assert.Equal(0, _eviction.Count);
    }

    [Fact]
    public async Task A_slot_whose_token_has_expired_is_dropped_a_minute_after_its_last_use()
    {
        var slot = Slot();
        await slot.GetTokenAsync(Cancellation);
        _eviction.Add(slot);

        Advance(seconds: 300);
        Assert.Equal(1, _eviction.Count);
        Advance(seconds: 90);

        Assert.Equal(0, _eviction.Count);
    }

    [Fact]
    public void One_timer_serves_all_slots_and_ends_with_the_last_one()
    {
        _eviction.Add(Slot());
        _eviction.Add(Slot());
        Assert.Equal(1, _clock.Timers);

        Advance(seconds: 120);

        Assert.Equal(0, _clock.Timers);
    }

    [Fact]
    public async Task After_it_was_disposed_it_holds_no_slot_and_no_timer()
    {
        var withToken = Slot();
        await withToken.GetTokenAsync(Cancellation);
        _eviction.Add(withToken);
        _eviction.Add(Slot());
        Advance(seconds: 30);
        Assert.Equal(2, _eviction.Count);

        _eviction.Dispose();
        _eviction.Add(Slot());

        Assert.Equal((0, 0), (_eviction.Count, _clock.Timers));
    }

    [Fact]
    public async Task A_slot_that_is_checked_no_longer_holds_the_acquisition_that_has_ended()
    {
        var slot = Slot();
        await slot.GetTokenAsync(Cancellation);
        await slot.LatestAcquisition!.Reported;

        slot.GetIdleTime(ClockReading.Now(_clock));

        Assert.Null(slot.LatestAcquisition);
    }

    [Fact]
    public void A_synchronous_caller_that_has_cancelled_starts_no_acquisition()
    {
        Assert.ThrowsAny<OperationCanceledException>(() => Slot().GetToken(new CancellationToken(canceled: true)));

        Assert.Equal(0, _portal.Requests);
    }

    [Fact]
    public async Task The_first_acquisition_without_a_caller_joins_one_that_runs()
    {
        var slot = Slot();
        var response = _portal.Hold();
        var pending = slot.GetTokenAsync(Cancellation).AsTask();

        Assert.Same(slot.LatestAcquisition, slot.AcquireFirst(isAwaited: true));
        response.SetResult(_portal.Token(SlotPortal.Lifetime));
        await pending;

        Assert.Equal(1, _portal.Requests);
    }

    [Fact]
    public async Task Acquisitions_without_a_caller_use_the_thread_pool()
    {
        _client.Options.KeepWarm = true;
        await _provider.AcquireFirst(isAwaited: false)!.Completion;
        var first = _provider.OwnSlot.LatestAcquisition;

        _clock.Advance(SlotPortal.Lifetime);

        Assert.NotSame(first, _provider.OwnSlot.LatestAcquisition);
        await _provider.OwnSlot.LatestAcquisition!.Completion;
        Assert.Equal((2, 0), (_portal.Requests, _portal.RequestsOnOwnThread));
    }

    [Fact]
    public async Task The_first_token_is_acquired_although_the_first_acquisition_ended_with_an_exception()
    {
        _client.Options.StartupMode = CiamStartupMode.Warm;
        _portal.Throw = new InvalidTimeZoneException();
        var acquisition = _provider.AcquireFirst(isAwaited: false)!;
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => acquisition.Completion);

        _clock.AdvanceSeconds(30);
        await _provider.OwnSlot.LatestAcquisition!.Completion;

        Assert.NotNull(_provider.OwnSlot.Unexpired);
    }

    [Fact]
    public async Task A_dropped_slot_is_no_longer_kept_warm()
    {
        _provider.MayDropOwnSlot = true;
        _client.Options.KeepWarm = true;
        await _provider.AcquireFirst(isAwaited: false)!.Completion;
        Assert.Equal(2, _clock.Timers);

        Assert.True(TryDrop(_provider.OwnSlot, evenIfFailing: false));
        Advance(seconds: 30);

        Assert.Equal((1, 1), (_clock.Timers, _portal.Requests));
    }

    [Fact]
    public void At_most_100_warnings_are_the_first_of_their_kind()
    {
        Assert.All(Enumerable.Range(0, 100), i => Assert.True(_client.IsFirst($"warning {i}")));

        Assert.False(_client.IsFirst("warning 0"));
        Assert.False(_client.IsFirst("one more"));
    }

    public void Dispose() => _eviction.Dispose();

    private TokenSlot Slot() => new("read", _client, _provider);

    private bool TryDrop(TokenSlot slot, bool evenIfFailing) => slot.TryDrop(ClockReading.Now(_clock), evenIfFailing);

    private void Advance(int seconds)
    {
        for (var passed = 0; passed < seconds; passed += 30)
        {
            _clock.AdvanceSeconds(30);
        }
    }
}
