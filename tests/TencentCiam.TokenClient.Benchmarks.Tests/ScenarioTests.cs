using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Scenarios;

namespace TencentCiam.TokenClient.Benchmarks.Tests;

/// <summary>Runs each scenario once, briefly, so that all keep working.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. ScenarioCatalogue.All.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_scenario_reports_figures_for_every_peer(string name)
    {
        var figures = await ScenarioCatalogue.All.Single(scenario => scenario.Name == name).RunAsync(Effort.Brief);

        Assert.NotEmpty(figures);
        Assert.All(figures, figure => Assert.True(figure.Value is not null || figure.Note is not null, figure.ToString()));
        Assert.Empty(PeersOf(name).Select(setup => setup.ToString()).Except(figures.Select(figure => figure.Peer)));
        Assert.All(figures.Where(figure => figure.Name == "failed calls" && name == "expiry"), figure => Assert.Equal(0, figure.Value));
    }

    [Fact]
    public async Task Choosing_the_client_and_scope_per_request_allocates_nothing()
    {
        var figures = await ScenarioCatalogue.All.Single(scenario => scenario.Name == "choice").RunAsync(Effort.Brief);

        Assert.Equal([0, 0], figures.Where(figure => figure.Unit == "B").Select(figure => figure.Value));
    }

    [Fact]
    public async Task A_tenant_is_looked_up_once_per_token()
    {
        var figures = await ScenarioCatalogue.All.Single(scenario => scenario.Name == "tenants").RunAsync(Effort.Brief);

        Assert.Equal(1, figures.Single(figure => figure.Name == "store lookups per token").Value);
    }

    private static IEnumerable<PeerSetup> PeersOf(string scenario)
        => scenario switch
        {
            "acquisition" => PeerCatalogue.Acquiring,
            "hot-path-otel" => [PeerCatalogue.Ours, PeerCatalogue.OursWithFactory],
            "sync-memory" or "sync-sockets" => PeerCatalogue.Synchronous,
            "choice" or "tenants" or "fleet" => [PeerCatalogue.Ours],
            "growth" or "portal-server" or "warm-start" => [],
            _ => PeerCatalogue.All.Where(setup => setup.AttachesTokens),
        };
}
