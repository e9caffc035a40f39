using System.Diagnostics.Metrics;
using Microsoft.Coyote;
using Microsoft.Coyote.Logging;
using Microsoft.Coyote.Random;
using Microsoft.Coyote.Rewriting;
using Microsoft.Coyote.Specifications;
using Microsoft.Coyote.SystematicTesting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.InterleavingTests;

/// <summary>
/// Runs callers, one of them synchronous, a cancellation, an invalidation and the token requests that follow from them in many orders, which Coyote
/// chooses. It also reports a caller that waits forever.
/// </summary>
[Collection(nameof(TokenSlotInterleavingTests))]
public sealed class TokenSlotInterleavingTests
{
    private const uint Orders = 200;

    private static readonly CiamClientCredentialsOptions Options = new()
    {
        Authority = new Uri("https://sample.portal.tencentciam.com"),
        ClientId = "client",
        ClientSecret = "secret",
    };

    [Theory]
    [InlineData("no token", 0)]
    [InlineData("fresh token", 100)]
    [InlineData("token in the refresh window", 250)]
    [InlineData("token in its margin", 290)]
    [InlineData("expired token", 301)]
    public void The_slot_keeps_its_promises_in_every_explored_order(string start, int ageInSeconds)
        => Explore($"From {start}", () => RunAsync(TimeSpan.FromSeconds(ageInSeconds)));

    [Fact]
    public void A_slot_that_is_dropped_while_callers_use_it_fails_none_of_them_in_every_explored_order()
        => Explore("Dropped", DropAsync);

    internal static void Explore(string what, Func<Task> run)
    {
        Assert.True(RewritingEngine.IsAssemblyRewritten(typeof(TokenSlot).Assembly), "The build has not rewritten the assembly.");

        // Partially: Coyote does not know Task.WaitAsync, and waits for its tasks as for any outside event.
        var configuration = Configuration.Create()
            .WithTestingIterations(Orders)
            .WithMemoryAccessRaceCheckingEnabled()
            .WithPartiallyControlledConcurrencyAllowed()
            .WithDeadlockTimeout(10_000)
            .WithVerbosityEnabled(VerbosityLevel.None)
            .WithTelemetryEnabled(false);
        using var engine = TestingEngine.Create(configuration, run);

        engine.Run();

        var report = engine.TestReport;
        Assert.True(report.NumOfFoundBugs == 0, $"{what}: {string.Join("\n", report.BugReports)}\n{engine.GetReport()}");
        Assert.Empty(report.InternalErrors);
        Assert.Equal((int)Orders, report.NumOfExploredFairPaths + report.NumOfExploredUnfairPaths);
    }

    private static async Task RunAsync(TimeSpan age)
    {
        var random = Generator.Create();
        var clock = new ControlledClock();
        var portal = new ControlledPortal(clock, random);
        using var provider = new RegisteredTokenProvider(
            "", new FixedOptions(), portal, clock, NullLogger.Instance, new Metrics(new MeterFactory()), new SlotEviction(clock), draw: () => 0);
        var held = age > TimeSpan.Zero ? await provider.GetTokenAsync() : null;
        clock.Advance(age);
        portal.MayFail = random.NextBoolean();
        var requestsBefore = portal.Requests;

        using var cancellation = new CancellationTokenSource();
        var calls = new[]
        {
            Task.Run(() => CallAsync(portal, () => provider.GetTokenAsync().AsTask(), CancellationToken.None)),
            Task.Run(() => CallAsync(
                portal, () => provider.GetTokenAsync(cancellationToken: cancellation.Token).AsTask(), cancellation.Token)),
            Task.Run(() => CallAsync(
                portal,
                () => Task.FromResult(provider.GetToken(scope: null, CancellationToken.None)),
                CancellationToken.None)),
            Task.Run(() => InvalidateAndCallAsync(provider, portal, clock, held)),
        };
        var cancel = Task.Run(cancellation.Cancel);
        var tokens = await Task.WhenAll(calls);
        await cancel;
        await Task.WhenAll(provider.LatestAcquisitions.Values.OfType<TokenAcquisition>().Select(acquisition => acquisition.Completion));

        Specification.Assert(
            age < ControlledPortal.Lifetime || held is null || !tokens.Contains(held), "No caller gets an expired token.");
        Specification.Assert(portal.Failures > 0 || portal.Requests - requestsBefore <= 1, "One token request serves all callers.");

        portal.MayFail = false;
        clock.Advance(TimeSpan.FromHours(1));
        var last = await CallAsync(portal, () => provider.GetTokenAsync().AsTask(), CancellationToken.None);
        Specification.Assert(last is not null && !tokens.Contains(last), "An hour later there is a new token.");
    }

    private static async Task DropAsync()
    {
        var clock = new ControlledClock();
        var portal = new ControlledPortal(clock, Generator.Create());
        var provider = new DroppingProvider(clock, portal);
        await provider.GetTokenAsync("other");

        var calls = new[]
        {
            Task.Run(() => CallAsync(portal, () => provider.GetTokenAsync("read").AsTask(), CancellationToken.None)),
            Task.Run(() => CallAsync(portal, () => provider.GetTokenAsync("read").AsTask(), CancellationToken.None)),
            Task.Run(() => CallAsync(
                portal,
                () => Task.FromResult(provider.GetToken("read", CancellationToken.None)),
                CancellationToken.None)),
        };
        var drop = Task.Run(provider.DropAll);
        var tokens = await Task.WhenAll(calls);
        await drop;

        Specification.Assert(tokens.All(token => token is not null), "Every caller gets a token.");
        Specification.Assert(portal.Requests <= 3, "Each slot makes one token request.");
        var last = await provider.GetTokenAsync("read");
        provider.DropAll();
        Specification.Assert(await provider.GetTokenAsync("read") != last, "A dropped token is not returned again.");
    }

    private static async Task<CiamAccessToken?> InvalidateAndCallAsync(
        CiamTokenProvider provider,
        ControlledPortal portal,
        ControlledClock clock,
        CiamAccessToken? held)
    {
        if (held is not null)
        {
            provider.Invalidate(held);
        }

        var token = await CallAsync(portal, () => provider.GetTokenAsync().AsTask(), CancellationToken.None);
        Specification.Assert(
            token is null || token != held || portal.Failures > 0 || clock.HasFired,
            "A caller gets no token that was invalidated before, unless no other can be had, or not in time.");
        return token;
    }

    /// <summary>Null when the call was cancelled or failed for lack of a token.</summary>
    private static async Task<CiamAccessToken?> CallAsync(
        ControlledPortal portal,
        Func<Task<CiamAccessToken>> call,
        CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (CiamTokenException)
        {
            Specification.Assert(portal.Failures > 0, "A call fails only after a failed token request.");
            return null;
        }
    }

    private sealed class DroppingProvider(ControlledClock clock, ControlledPortal portal) : CiamTokenProvider(new(Options)
    {
        Name = "client",
        NameInMetrics = "client",
        TokenRequester = portal,
        TimeProvider = clock,
        Draw = () => 0,
        Logger = NullLogger.Instance,
        Metrics = new Metrics(new MeterFactory()),
        Eviction = new SlotEviction(clock),
    })
    {
        public void DropAll()
        {
            foreach (var slot in Slots)
            {
                slot.TryDrop(ClockReading.Now(clock), evenIfFailing: true);
            }
        }
    }

    private sealed class FixedOptions : IOptionsMonitor<CiamClientCredentialsOptions>
    {
        public CiamClientCredentialsOptions CurrentValue => Options;

        public CiamClientCredentialsOptions Get(string? name) => Options;

        public IDisposable? OnChange(Action<CiamClientCredentialsOptions, string?> listener) => null;
    }

    internal sealed class MeterFactory : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
