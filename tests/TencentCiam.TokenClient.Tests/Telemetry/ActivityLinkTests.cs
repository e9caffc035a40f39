using System.Diagnostics;
using System.Diagnostics.Metrics;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.Telemetry;

/// <summary>A caller's trace shows the acquisition that it waited for.</summary>
public sealed class ActivityLinkTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_that_waited_is_linked_to_the_acquisition(bool synchronously)
    {
        using var host = new CiamHost();
        using var collector = new TelemetryCollector(host);
        using var caller = new Activity("the caller").Start();

        if (synchronously)
        {
            ((CiamTokenProvider)host.Tokens).GetToken(null, TestContext.Current.CancellationToken);
        }
        else
        {
            await host.TokenAsync();
        }

        await host.ReportedAsync();
        var acquisition = collector.Activities.Single(activity => activity.SpanId == Assert.Single(caller.Links).Context.SpanId);
        Assert.Equal("ciam.token.acquire", acquisition.OperationName);
        Assert.Equal(acquisition.TraceId, caller.Links.Single().Context.TraceId);
        Assert.Null(acquisition.ParentId);
        Assert.Empty(acquisition.Links);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_token_request_is_a_part_of_the_acquisition_and_of_no_caller(bool synchronously)
    {
        Activity? duringRequest = null;
        using var host = new CiamHost(services: services => services.AddCiamClientCredentials()
            .AddHttpMessageHandler(() => new Observes(() => duringRequest = Activity.Current)));
        using var collector = new TelemetryCollector(host);
        using var caller = new Activity("the caller").Start();

        _ = synchronously
            ? ((CiamTokenProvider)host.Tokens).GetToken(null, TestContext.Current.CancellationToken)
            : await host.TokenAsync();
        await host.ReportedAsync();

        Assert.Equal("ciam.token.acquire", duringRequest?.OperationName);
    }

    [Fact]
    public async Task The_acquisition_ends_when_its_callers_have_the_token_however_late_it_is_reported()
    {
        using var release = new ManualResetEventSlim();
        using var host = new CiamHost();
        using var collector = new TelemetryCollector(host);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == host.Services.GetRequiredService<IMeterFactory>())
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => release.Wait(TestContext.Current.CancellationToken));
        listener.Start();
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(2)));

        var pending = host.Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await host.Clock.TimerAsync(2, 2);
        host.Clock.AdvanceSeconds(2);
        await pending;
        release.Set();
        await host.ReportedAsync();

        Assert.Equal(TimeSpan.FromSeconds(2), Assert.Single(collector.Activities, IsOf(host)).Duration);
    }

    [Fact]
    public async Task Every_caller_that_waited_for_the_same_acquisition_is_linked_to_it()
    {
        using var host = new CiamHost();
        using var collector = new TelemetryCollector(host);
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(2)));

        var callers = new[] { CallAsync(host), CallAsync(host) };
        await host.Clock.TimerAsync(2, 2);
        host.Clock.AdvanceSeconds(2);
        var links = (await Task.WhenAll(callers)).Select(caller => Assert.Single(caller.Links).Context.SpanId);

        Assert.Single(links.Distinct());
    }

    [Fact]
    public async Task A_caller_that_got_an_exception_is_linked_to_the_acquisition_that_failed()
    {
        using var host = new CiamHost();
        using var collector = new TelemetryCollector(host);
        host.Portal.Application.IsEnabled = false;
        using var caller = new Activity("the caller").Start();

        await host.ErrorAsync();

        Assert.Single(caller.Links);
    }

    [Fact]
    public async Task A_caller_that_cancelled_its_wait_is_linked_to_the_acquisition()
    {
        using var host = new CiamHost();
        using var collector = new TelemetryCollector(host);
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(2)));
        using var cancelled = new CancellationTokenSource();
        using var caller = new Activity("the caller").Start();

        var pending = host.Tokens.GetTokenAsync(cancellationToken: cancelled.Token).AsTask();
        await host.Clock.TimerAsync(2, 2);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);

        Assert.Single(caller.Links);
    }

    [Fact]
    public async Task A_caller_that_waited_in_vain_and_got_the_unexpired_token_is_linked_to_the_acquisition()
    {
        using var host = new CiamHost();
        using var collector = new TelemetryCollector(host);
        await host.TokenAsync();
        host.Portal.Outage = CiamPortalFault.Hang();
        host.Clock.AdvanceSeconds(286);
        using var caller = new Activity("the caller").Start();

        var pending = host.Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        var limit = await host.Clock.TimerAsync(6.5, 6.5);
        await host.RequestedAsync(2);
        host.Clock.Advance(limit);
        await pending;

        Assert.Single(caller.Links);
    }

    [Fact]
    public async Task A_caller_that_did_not_wait_has_no_link()
    {
        using var host = new CiamHost();
        using var collector = new TelemetryCollector(host);
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(250);
        using var caller = new Activity("the caller").Start();

        host.TokenAtOnce();
        await host.AcquisitionsCompleteAsync();

        Assert.Equal(2, host.TokenRequests);
        Assert.Empty(caller.Links);
    }

    // Other tests' acquisitions are collected too.
    private static Predicate<Activity> IsOf(CiamHost host)
    {
        var latest = ((CiamTokenProvider)host.Tokens).LatestAcquisitions.Values.Single()!.Activity!.SpanId;
        return activity => activity.SpanId == latest;
    }

    private static async Task<Activity> CallAsync(CiamHost host)
    {
        using var caller = new Activity("the caller").Start();
        await host.Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
        return caller;
    }

    private sealed class Observes(Action observe) : DelegatingHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            observe();
            return base.Send(request, cancellationToken);
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            observe();
            return base.SendAsync(request, cancellationToken);
        }
    }
}
