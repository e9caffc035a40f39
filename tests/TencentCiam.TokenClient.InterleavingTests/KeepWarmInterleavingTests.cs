using Microsoft.Coyote.Random;
using Microsoft.Coyote.Specifications;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.InterleavingTests;

/// <summary>A slot that is kept warm, while its timer fires, callers call and the secret changes, in many orders.</summary>
// In one collection, so that they do not run at the same time: Coyote controls the whole process.
[Collection(nameof(TokenSlotInterleavingTests))]
public sealed class KeepWarmInterleavingTests
{
    [Fact]
    public void A_slot_stays_warm_until_it_is_disposed_in_every_explored_order()
        => TokenSlotInterleavingTests.Explore("Kept warm", RunAsync);

    private static async Task RunAsync()
    {
        var random = Generator.Create();
        var clock = new ControlledClock();
        var portal = new ControlledPortal(clock, random);
        var options = new ChangeableOptions();
        var provider = new RegisteredTokenProvider(
            "",
            options,
            portal,
            clock,
            NullLogger.Instance,
            new Metrics(new TokenSlotInterleavingTests.MeterFactory()),
            new SlotEviction(clock),
            draw: () => 0);
        await provider.GetTokenAsync();
        clock.Advance(TimeSpan.FromSeconds(250));
        portal.MayFail = random.NextBoolean();

        await Task.WhenAll(
            Task.Run(clock.FireSetTimers),
            Task.Run(() => provider.GetTokenAsync().AsTask()),
            Task.Run(options.ChangeSecret),
            Task.Run(clock.FireSetTimers));
        await CompletedAsync(provider);
        Specification.Assert(clock.SetTimers == 1, "Its timer is set.");
        Specification.Assert(portal.Failures > 0 || portal.Requests <= 2, "One token request refreshes the token.");

        portal.MayFail = false;
        clock.Advance(TimeSpan.FromHours(1));
        clock.FireSetTimers();
        await CompletedAsync(provider);
        Specification.Assert(provider.GetTokenAsync().AsTask().IsCompletedSuccessfully, "An hour later no call waits.");

        clock.Advance(TimeSpan.FromSeconds(250));
        await Task.WhenAll(Task.Run(clock.FireSetTimers), Task.Run(provider.Dispose));
        await Task.WhenAny(CompletedAsync(provider));
        Specification.Assert(clock.SetTimers == 0, "After disposal its timer is not set.");
    }

    private static Task<CiamTokenResult[]> CompletedAsync(CiamTokenProvider provider)
        => Task.WhenAll(provider.LatestAcquisitions.Values.OfType<TokenAcquisition>().Select(acquisition => acquisition.Completion));

    private sealed class ChangeableOptions : IOptionsMonitor<CiamClientCredentialsOptions>
    {
        private volatile CiamClientCredentialsOptions _current = WithSecret("secret");
        private Action<CiamClientCredentialsOptions, string?>? _changed;

        public CiamClientCredentialsOptions CurrentValue => _current;

        public CiamClientCredentialsOptions Get(string? name) => _current;

        public IDisposable? OnChange(Action<CiamClientCredentialsOptions, string?> listener)
        {
            _changed = listener;
            return null;
        }

        public void ChangeSecret()
        {
            _current = WithSecret("changed");
            _changed!(_current, "");
        }

        private static CiamClientCredentialsOptions WithSecret(string secret) => new()
        {
            Authority = new Uri("https://sample.portal.tencentciam.com"),
            ClientId = "client",
            ClientSecret = secret,
            KeepWarm = true,
        };
    }
}
