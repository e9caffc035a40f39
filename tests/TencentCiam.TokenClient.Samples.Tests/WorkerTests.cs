namespace TencentCiam.TokenClient.Samples.Tests;

public sealed class WorkerTests
{
    [Fact]
    public async Task Worker_gets_orders_with_one_token_and_prints_its_metrics_on_shutdown()
    {
        await using var portal = await PortalProcess.StartAsync("orders-worker");
        await using var worker = Start(portal);
        for (var i = 0; i < 5; i++)
        {
            await worker.WaitForLineAsync("Received 2 orders.");
        }

        Assert.Equal(0, await worker.StopAsync());
        Assert.Equal(0, await portal.StopAsync());

        Assert.Equal(2, portal.Output.Split("POST /oauth2/token: 200").Length);
        foreach (var printed in (string[])["ciam.token.request.duration", "ciam.token.lookups", "ciam.token.acquire"])
        {
            Assert.Contains(printed, worker.Output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(PortalProcess.ClientSecret, worker.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_recovers_from_an_outage_of_the_portal()
    {
        await using var portal = await PortalProcess.StartAsync("orders-worker");
        await portal.BeginOutageAsync();
        await using var worker = Start(portal);

        await worker.WaitForLineAsync("Could not get the orders: no token is available (server_unavailable)");
        await portal.EndOutageAsync();
        await worker.WaitForLineAsync("Received 2 orders.");

        Assert.Equal(0, await worker.StopAsync());
    }

    [Fact]
    public async Task Worker_without_a_secret_does_not_start_and_reports_what_is_missing()
    {
        await using var worker = SampleProcess.Start("Worker", [], ("Prometheus__Port", LoopbackPort.FindFree()));

        Assert.NotEqual(0, await worker.WaitForExitAsync());
        Assert.Contains("ClientSecret is missing", worker.Output, StringComparison.Ordinal);
    }

    private static SampleProcess Start(PortalProcess portal) => SampleProcess.Start(
        "Worker",
        [],
        ("Ciam__Authority", portal.Address.AbsoluteUri),
        ("Ciam__ClientSecret", PortalProcess.ClientSecret),
        ("Orders__Address", portal.Address.AbsoluteUri),
        ("Prometheus__Port", LoopbackPort.FindFree()),
        ("Orders__Interval", "00:00:00.05"));
}
