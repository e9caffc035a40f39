using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace TencentCiam.TokenClient.Samples.Tests;

public sealed class TwoTenantsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TwoTenants_calls_each_tenants_API_with_a_token_of_that_tenant()
    {
        await using var europe = await PortalProcess.StartAsync("eu-app");
        await using var asia = await PortalProcess.StartAsync("as-app");
        await using var service = Start(europe, asia);
        using var http = new HttpClient { BaseAddress = await service.WaitForAddressAsync() };

        // The tokens are acquired in the background, without a call.
        while (await IsUnavailableAsync(http, "health"))
        {
        }

        Assert.Equal("Healthy", await http.GetStringAsync(new Uri("health", UriKind.Relative), Cancellation));
        for (var i = 0; i < 3; i++)
        {
            var orders = await http.GetFromJsonAsync<JsonElement>(new Uri("orders", UriKind.Relative), Cancellation);
            Assert.Equal("eu-app", orders.GetProperty("europe").GetProperty("caller").GetString());
            Assert.Equal("as-app", orders.GetProperty("asia").GetProperty("caller").GetString());
        }

        Assert.Equal(0, await service.StopAsync());
        foreach (var portal in (PortalProcess[])[europe, asia])
        {
            await portal.StopAsync();
            Assert.Equal(2, portal.Output.Split("POST /oauth2/token: 200").Length);
        }

        AssertPrintsNoSecret(service);
    }

    [Fact]
    public async Task TwoTenants_is_unhealthy_and_returns_502_when_a_tenant_rejects_its_application()
    {
        await using var europe = await PortalProcess.StartAsync("eu-app");
        await using var asia = await PortalProcess.StartAsync("as-app");
        await using var service = Start(europe, asia, asiaSecret: "wrOng-sEcrEt");
        using var http = new HttpClient { BaseAddress = await service.WaitForAddressAsync() };

        using var health = await http.GetAsync(new Uri("health", UriKind.Relative), Cancellation);
        using var orders = await http.GetAsync(new Uri("orders", UriKind.Relative), Cancellation);
        var problem = await orders.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Equal(HttpStatusCode.BadGateway, orders.StatusCode);
        Assert.DoesNotContain("wrOng-sEcrEt", problem, StringComparison.Ordinal);
        Assert.Equal(0, await service.StopAsync());
        Assert.Contains("(invalid_client)", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("wrOng-sEcrEt", service.Output, StringComparison.Ordinal);
        AssertPrintsNoSecret(service);
    }

    private static async Task<bool> IsUnavailableAsync(HttpClient http, string path)
    {
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        return response.StatusCode == HttpStatusCode.ServiceUnavailable;
    }

    private static SampleProcess Start(PortalProcess europe, PortalProcess asia, string asiaSecret = PortalProcess.ClientSecret)
        => SampleProcess.Start(
            "TwoTenants",
            ["--urls", "http://127.0.0.1:0"],
            ("Ciam__europe__Authority", europe.Address.AbsoluteUri),
            ("Ciam__europe__ClientId", europe.ClientId),
            ("Ciam__europe__ClientSecret", PortalProcess.ClientSecret),
            ("Orders__europe", europe.Address.AbsoluteUri),
            ("Ciam__asia__Authority", asia.Address.AbsoluteUri),
            ("Ciam__asia__ClientId", asia.ClientId),
            ("Ciam__asia__ClientSecret", asiaSecret),
            ("Orders__asia", asia.Address.AbsoluteUri));

    private static void AssertPrintsNoSecret(SampleProcess service)
    {
        Assert.DoesNotContain(PortalProcess.ClientSecret, service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", service.Output, StringComparison.Ordinal);
    }
}
