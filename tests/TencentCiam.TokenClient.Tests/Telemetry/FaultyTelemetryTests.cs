using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Testing;
using TencentCiam.TokenClient.Tests.BearerToken;

namespace TencentCiam.TokenClient.Tests.Telemetry;

/// <summary>Listeners and loggers that throw, block or are slow lose their own measurements and messages, no more.</summary>
public sealed class FaultyTelemetryTests
{
    [Theory]
    [InlineData("ciam.token.request.duration")]
    [InlineData("ciam.token.lookups")]
    public async Task A_metric_listener_that_throws_costs_no_token(string instrument)
    {
        using var host = new CiamHost();
        using var listener = Listen(host, instrument, () => throw new InvalidTimeZoneException());

        for (var call = 0; call < 50; call++)
        {
            await host.TokenAsync();
        }

        Assert.Equal(1, host.TokenRequests);
    }

    [Theory]
    [InlineData("ciam.token.request.duration")]
    [InlineData("ciam.token.lookups")]
    public async Task A_metric_listener_that_throws_in_an_outage_ends_no_memory_of_the_failure(string instrument)
    {
        using var host = new CiamHost();
        using var listener = Listen(host, instrument, () => throw new InvalidTimeZoneException());
        host.Portal.Application.IsEnabled = false;

        for (var call = 0; call < 50; call++)
        {
            Assert.IsType<CiamTokenError.InvalidClient>(await host.ErrorAsync());
        }

        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task A_metric_listener_that_throws_in_the_refresh_window_does_not_multiply_requests()
    {
        using var host = new CiamHost();
        using var listener = Listen(host, "ciam.token.request.duration", () => throw new InvalidTimeZoneException());
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(245);
        host.Portal.Outage = CiamPortalFault.TooManyRequests(TimeSpan.FromSeconds(20));

        for (var call = 0; call < 200; call++)
        {
            host.TokenAtOnce();
            await host.AcquisitionsCompleteAsync();
        }

        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task A_logger_that_throws_in_an_outage_ends_no_memory_of_the_failure()
    {
        using var host = new CiamHost(
            services: services => services.AddLogging(logging => logging.AddProvider(new Faulty(() => throw new InvalidTimeZoneException()))));
        host.Portal.Application.IsEnabled = false;

        for (var call = 0; call < 200; call++)
        {
            Assert.IsType<CiamTokenError.InvalidClient>(await host.ErrorAsync());
        }

        Assert.Equal(1, host.TokenRequests);
    }

    [Theory]
    [InlineData("https://orders.example.com", "https://elsewhere.example.com/1", false)]
    [InlineData("https://orders.example.com", "https://orders.example.com/1", true)]
    [InlineData(null, "https://orders.example.com/1", true)]
    public async Task A_logger_that_throws_fails_no_call(string? baseAddress, string address, bool hasToken)
    {
        var thrown = 0;
        using var api = new FakeApi(
            baseAddress: baseAddress,
            services: services => services.AddLogging(logging => logging.AddProvider(
                new Faulty(() => throw new InvalidTimeZoneException($"{thrown++}"), "TencentCiam.TokenClient.CiamBearerTokenHandler"))));
        var revoked = await api.RevokedTokenAsync();

        using var response = await api.GetAsync(address);

        Assert.Equal(hasToken ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(hasToken ? $"Bearer {revoked.Value}" : null, api.Received.First().Authorization);
        Assert.NotEqual(0, thrown);
    }

    [Fact]
    public void A_logger_that_throws_fails_no_reload_of_invalid_options()
    {
        var thrown = 0;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([]).Build();
        using var host = new CiamHost(
            configure: options => options.RequestTimeout = TimeSpan.FromSeconds(configuration["Invalid"] is null ? 5 : -5),
            services: services =>
            {
                services.AddCiamClientCredentials(configuration);
                services.AddLogging(logging => logging.AddProvider(
                    new Faulty(() => throw new InvalidTimeZoneException($"{thrown++}"))));
            });
        _ = host.Tokens;
        configuration["Invalid"] = "true";

        configuration.Reload();

        Assert.Equal(1, thrown);
    }

    [Fact]
    public async Task A_logger_that_blocks_holds_up_no_caller_that_waits()
    {
        using var unblocked = new ManualResetEventSlim();
        using var host = new CiamHost(
            services: services => services.AddLogging(logging => logging.AddProvider(
                new Faulty(() => unblocked.Wait(TestContext.Current.CancellationToken), id: 1))));

        await host.Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Empty(host.Logs.Named("Recovered"));
        unblocked.Set();
        await host.ReportedAsync();
    }

    [Fact]
    public async Task A_metric_listener_that_blocks_holds_up_no_caller_that_waits()
    {
        using var unblocked = new ManualResetEventSlim();
        using var host = new CiamHost();
        using var listener = Listen(
            host, "ciam.token.request.duration", () => unblocked.Wait(TestContext.Current.CancellationToken));

        await host.Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

        unblocked.Set();
        await host.ReportedAsync();
    }

    [Fact]
    public async Task A_metric_listener_that_blocks_one_caller_blocks_no_other()
    {
        using var entered = new ManualResetEventSlim();
        using var unblocked = new ManualResetEventSlim();
        using var host = new CiamHost();
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(245);
        var calls = 0;
        using var listener = Listen(host, "ciam.token.lookups", () =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                entered.Set();
                unblocked.Wait(TestContext.Current.CancellationToken);
            }
        });

        var blocked = Task.Run(host.TokenAtOnce);
        entered.Wait(TestContext.Current.CancellationToken);
        host.TokenAtOnce();

        Assert.False(blocked.IsCompleted);
        unblocked.Set();
        await blocked;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_activity_listener_that_throws_costs_no_token(bool throwsAtStart)
    {
        // Listeners belong to the whole process: this one is faulty only for this test's client.
        var name = $"faulty activities {throwsAtStart}";
        using var portal = new CiamPortalEmulator(signingKey: CiamHost.SigningKey);
        using var host = new CiamHost(
            services: services => services.AddCiamClientCredentials(name, _ => { }).UseEmulator(portal));
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "TencentCiam.TokenClient",
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity => ThrowIf(throwsAtStart, activity),
            ActivityStopped = activity => ThrowIf(!throwsAtStart, activity),
        };
        ActivitySource.AddActivityListener(listener);
        var tokens = host.Services.GetRequiredKeyedService<ICiamTokenProvider>(name);

        var token = await tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
        await CiamHost.ReportedAsync(tokens);

        Assert.Same(token, await tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken));

        void ThrowIf(bool faulty, Activity activity)
        {
            if (faulty && Equals(activity.GetTagItem("ciam.client"), name))
            {
                throw new InvalidTimeZoneException();
            }
        }
    }

    private static MeterListener Listen(CiamHost host, string name, Action measured)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == name && instrument.Meter.Scope == host.Services.GetRequiredService<IMeterFactory>())
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => measured());
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => measured());
        listener.Start();
        return listener;
    }

    private sealed class Faulty(Action log, string category = "TencentCiam", int? id = null) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName)
            => categoryName.StartsWith(category, StringComparison.Ordinal)
                ? this
                : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (id is null || id == eventId.Id)
            {
                log();
            }
        }

        public void Dispose()
        {
        }
    }
}
