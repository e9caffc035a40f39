using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.Tests.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Tests.Caching;

public sealed class CiamTokenProviderTests
{
    private readonly IMeterFactory _meters =
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    private readonly TestClock _clock = new();
    private readonly List<string> _requests = [];

    [Fact]
    public async Task Options_that_change_before_the_listener_is_registered_are_not_missed()
    {
        var options = new Monitored { ChangesOnRegistration = true };
        using var provider = Create(options);

        await provider.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["client-2 scope-2"], _requests);
    }

    [Fact]
    public async Task A_disposed_provider_no_longer_listens_for_changes_or_reports_metrics()
    {
        var options = new Monitored();
        var provider = Create(options);
        await provider.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
        using var collector = new TelemetryCollector(_meters);
        collector.Observe();
        Assert.Single(collector.Of("ciam.token.remaining_life"));
        Assert.Equal(1, options.Listeners);

        provider.Dispose();

        collector.Measurements.Clear();
        collector.Observe();
        Assert.Empty(collector.Of("ciam.token.remaining_life"));
        Assert.Equal(0, options.Listeners);
    }

    [Fact]
    public async Task A_malformed_scope_leaves_no_slot_behind()
    {
        using var provider = Create(new Monitored());

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(
            () => provider.GetTokenAsync("a  b", TestContext.Current.CancellationToken).AsTask());

        Assert.IsType<CiamTokenError.InvalidScope>(thrown.Error);
        Assert.Empty(provider.LatestAcquisitions);
        Assert.Empty(_requests);
    }

    [Fact]
    public async Task Callers_with_a_token_do_not_wait_for_options_that_take_long_to_read()
    {
        using var release = new ManualResetEventSlim();
        using var isRead = new ManualResetEventSlim();
        var options = new Monitored();
        using var provider = Create(options);
        var token = await provider.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
        options.BeforeReading = () =>
        {
            isRead.Set();
            release.Wait(TestContext.Current.CancellationToken);
        };
        var change = Task.Run(() => options.Change(), TestContext.Current.CancellationToken);
        isRead.Wait(TestContext.Current.CancellationToken);

        // The limit is only for a caller that waits: the test fails instead of hanging.
        var call = Task.Run(
            () => provider.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask(),
            TestContext.Current.CancellationToken);
        Assert.Same(token, await call.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        release.Set();
        await change;
    }

    [Fact]
    public void Invalidating_null_throws_ArgumentNullException()
    {
        using var provider = Create(new Monitored());

        Assert.Throws<ArgumentNullException>("token", () => provider.Invalidate(null!));
    }

    private RegisteredTokenProvider Create(Monitored options)
        => new(
            "",
            options,
            new Portal(_requests, _clock),
            _clock,
            NullLogger.Instance,
            new Metrics(_meters),
            new SlotEviction(_clock));

    private sealed class Portal(List<string> requests, TestClock clock) : TokenRequester(null!, null!, "", clock)
    {
        public override Task<CiamTokenResult> RequestTokenAsync(
            CiamClientCredentialsOptions options,
            string scope,
            CancellationToken cancellationToken)
        {
            requests.Add($"{options.ClientId} {scope}");
            return Task.FromResult<CiamTokenResult>(new CiamTokenResult.Success(
                new CiamAccessToken("token", TimeSpan.FromSeconds(299), clock.GetUtcNow().AddSeconds(299))));
        }
    }

    private sealed class Monitored : IOptionsMonitor<CiamClientCredentialsOptions>
    {
        private int _version = 1;
        private Action<CiamClientCredentialsOptions, string?>? _listener;

        public bool ChangesOnRegistration { get; init; }

        public int Listeners { get; private set; }

        public CiamClientCredentialsOptions CurrentValue => new()
        {
            Authority = new Uri("https://sample.portal.tencentciam.com"),
            ClientId = $"client-{_version}",
            ClientSecret = "secret",
            Scope = $"scope-{_version}",
        };

        public Action BeforeReading { get; set; } = () => { };

        public CiamClientCredentialsOptions Get(string? name)
        {
            BeforeReading();
            return CurrentValue;
        }

        public void Change() => _listener!(CurrentValue, "");

        public IDisposable OnChange(Action<CiamClientCredentialsOptions, string?> listener)
        {
            _listener = listener;
            _version += ChangesOnRegistration ? 1 : 0;
            Listeners++;
            return new Subscription(this);
        }

        private sealed class Subscription(Monitored owner) : IDisposable
        {
            public void Dispose() => owner.Listeners--;
        }
    }
}
