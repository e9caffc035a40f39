using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Tests.Caching;

/// <summary>What a slot needs that a test creates by itself. Nothing is drawn.</summary>
internal static class SlotClient
{
    private static readonly Metrics UnobservedMetrics =
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    public static ClientContext Create(TestClock clock, TokenRequester portal, SlotEviction? eviction = null)
        => new(new CiamClientCredentialsOptions())
        {
            Name = "client",
            NameInMetrics = "client",
            TokenRequester = portal,
            TimeProvider = clock,
            Draw = () => 0,
            Logger = NullLogger.Instance,
            Metrics = UnobservedMetrics,
            Eviction = eviction ?? new SlotEviction(clock),
        };
}
