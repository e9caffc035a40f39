using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Tests.ClientStore;

namespace TencentCiam.TokenClient.Tests.Caching;

/// <summary>
/// The tests of users have a FakeTimeProvider. While one thread advances it, any other that reads it may run the timers that are
/// due, and locks that the reader holds would not keep them out, or would be waited for in another order.
/// </summary>
public sealed class FakeClockTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly SlotEviction _eviction;
    private readonly ClientContext _client;
    private readonly SlotProvider _provider;
    private readonly SlotPortal _portal;

    public FakeClockTests()
    {
        _eviction = new SlotEviction(_clock);
        _portal = new SlotPortal(_clock);
        _client = SlotClient.Create(_clock, _portal, _eviction);
        _provider = new SlotProvider(_client);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slot_that_is_dropped_while_its_caller_reads_the_clock_acquires_nothing()
    {
        var slot = new TokenSlot("read", _client, _provider);
        DuringNextReading(_clock, () => Assert.True(slot.TryDrop(ClockReading.Now(_clock), evenIfFailing: false)));

        var token = await slot.GetTokenAsync(Cancellation);

        Assert.Null(slot.LatestAcquisition);
        Assert.Same(await _provider.GetTokenAsync("read", Cancellation), token);
    }

    [Fact]
    public async Task A_token_that_is_forgotten_while_the_clock_is_read_is_not_kept_as_a_rejected_one()
    {
        var slot = new TokenSlot("read", _client, _provider);
        var token = await slot.GetTokenAsync(Cancellation);
        _clock.AdvanceSeconds(60);
        DuringNextReading(_clock, () => slot.Forget(tokenToo: true));

        slot.Invalidate(token);

        Assert.Null(slot.Held);
    }

    [Fact]
    public async Task One_acquisition_starts_if_a_caller_starts_it_while_the_timer_reads_the_clock()
    {
        _client.Options.KeepWarm = true;
        await _provider.AcquireFirst(isAwaited: false)!.Completion;
        var pending = Task.FromResult(_provider.OwnSlot.Unexpired!);
        TokenAcquisition? started = null;
        DuringNextReading(_clock, () =>
        {
            pending = _provider.GetTokenAsync(cancellationToken: Cancellation).AsTask();
            started = _provider.OwnSlot.LatestAcquisition;
        });

        _clock.Advance(SlotPortal.Lifetime);

        Assert.Same(started, _provider.OwnSlot.LatestAcquisition);
        await pending;
        Assert.Equal(2, _portal.Requests);
    }

    [Fact]
    public async Task A_client_of_the_store_whose_slot_is_dropped_while_another_is_created_is_not_forgotten()
    {
        using var host = new StoreHost();
        host.Add("first");
        var tokens = host.Tokens("first");
        host.Clock.AdvanceSeconds(30);

        // After a minute, its own slot, which nobody has used, is dropped.
        DuringNextReading(host.Clock, () => host.Clock.AdvanceSeconds(30));
        await tokens.GetTokenAsync("orders.read", Cancellation);

        Assert.Same(tokens, host.Tokens("first"));
        Assert.Equal(1, host.Slots);
    }

    [Fact]
    public async Task No_lock_is_held_while_the_clock_is_read()
    {
        _client.Options.KeepWarm = true;
        var (readings, held) = (0, "");
        _clock.DuringReading = () =>
        {
            readings++;
            var other = new Thread(TakeEachLock) { IsBackground = true };
            other.Start();
            if (!other.Join(TimeSpan.FromSeconds(10)))
            {
                _clock.DuringReading = null;
                held = Environment.StackTrace;
            }
        };

        // Each operation that reads the clock: of callers, of acquisitions, of the timers, and of health checks.
        var token = await _provider.GetTokenAsync(cancellationToken: Cancellation);
        _provider.GetToken("read", Cancellation);
        for (var seconds = 0; seconds < 600; seconds += 30)
        {
            _clock.AdvanceSeconds(30);
            await _provider.OwnSlot.LatestAcquisition!.Reported;
        }

        _provider.Invalidate(token);
        _provider.GetOwnState();

        Assert.True(held.Length == 0, $"A lock is held: {held}");
        Assert.Equal(0, _eviction.Count);
        Assert.InRange(readings, 50, int.MaxValue);

        void TakeEachLock()
        {
            _ = _eviction.Count;
            foreach (var slot in _provider.AllSlots)
            {
                _provider.TryDrop(_provider.OwnSlot, default, evenIfFailing: true);
                slot.Forget(tokenToo: false);
            }
        }
    }

    public void Dispose() => _eviction.Dispose();

    private static void DuringNextReading(TestClock clock, Action action)
        => clock.DuringReading = () =>
        {
            clock.DuringReading = null;
            action();
        };
}
