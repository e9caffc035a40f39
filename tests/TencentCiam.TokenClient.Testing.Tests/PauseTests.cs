using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

/// <summary>The pauses between the attempts of one acquisition, on a clock that only the test advances.</summary>
public sealed class PauseTests : IAsyncDisposable
{
    private readonly PausingClock _clock = new();
    private readonly CiamPortalEmulator _portal;
    private ServiceProvider? _services;

    public PauseTests() => _portal = CreatePortal(timeProvider: _clock);

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }

        _portal.Dispose();
    }

    [Fact]
    public async Task A_call_during_an_outage_ends_although_the_clock_stands_still()
    {
        _portal.Outage = CiamPortalFault.TemporarilyUnavailable();

        await Assert.ThrowsAsync<CiamTokenException>(() => GetTokenAsync());

        Assert.Equal(3, _portal.Requests.Count);
    }

    [Fact]
    public async Task A_call_succeeds_after_a_single_failure_although_the_clock_stands_still()
    {
        _portal.FailNext(CiamPortalFault.TooManyRequests(retryAfter: TimeSpan.FromSeconds(5)));

        Assert.True(_portal.IsActive((await GetTokenAsync()).Value));

        Assert.Equal(2, _portal.Requests.Count);
    }

    [Fact]
    public async Task A_Retry_After_that_is_longer_than_the_acquisition_ends_it_after_one_attempt()
    {
        _portal.Outage = CiamPortalFault.TooManyRequests(retryAfter: TimeSpan.FromMinutes(1));

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(() => GetTokenAsync());

        Assert.Equal(TimeSpan.FromMinutes(1), thrown.Error.RetryAfter);
        Assert.Single(_portal.Requests);
    }

    [Fact]
    public async Task A_test_can_ask_for_the_pauses()
    {
        _portal.FailNext(CiamPortalFault.TemporarilyUnavailable());

        var pending = GetTokenAsync(pauseBetweenAttempts: true);
        await _clock.PauseAsync();
        Assert.Single(_portal.Requests);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await pending;

        Assert.Equal(2, _portal.Requests.Count);
    }

    private async Task<CiamAccessToken> GetTokenAsync(bool pauseBetweenAttempts = false)
    {
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { }).UseEmulator(_portal, pauseBetweenAttempts: pauseBetweenAttempts);
        _services = services.BuildServiceProvider();

        // The limit is that of real time: better a failure than a run that hangs.
        return await _services.GetRequiredService<ICiamTokenProvider>().GetTokenAsync(cancellationToken: Cancellation).AsTask()
            .WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    private sealed class PausingClock : FakeTimeProvider
    {
        private readonly TaskCompletionSource _pause = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Waits until the first pause has begun.</summary>
        public Task PauseAsync() => _pause.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime >= TimeSpan.FromSeconds(0.2) && dueTime < TimeSpan.FromSeconds(1))
            {
                _pause.TrySetResult();
            }

            return timer;
        }
    }
}
