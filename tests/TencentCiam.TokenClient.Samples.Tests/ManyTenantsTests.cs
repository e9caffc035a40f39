using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace TencentCiam.TokenClient.Samples.Tests;

public sealed class ManyTenantsTests
{
    private const string FirstSecret = "fIrst/sEcrEt+of-tEsts";
    private const string SecondSecret = "sEcOnd/sEcrEt+of-tEsts";
    private const string TokenIssued = "POST /oauth2/token: 200";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tenant_added_while_the_service_runs_gets_tokens_of_its_own()
    {
        await using var service = Start();
        using var http = await ConnectAsync(service);

        var north = await PutAsync(http, "north", "north-orders", FirstSecret);
        var south = await PutAsync(http, "south", "south-orders", SecondSecret);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (north, south));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("north-orders", await GetCallerAsync(http, "north"));
            Assert.Equal("south-orders", await GetCallerAsync(http, "south"));
        }

        Assert.Equal(0, await service.StopAsync());
        Assert.Equal(3, service.Output.Split(TokenIssued).Length);
        AssertPrintsNoSecret(service);
    }

    [Fact]
    public async Task No_call_fails_when_a_tenants_secret_is_rotated()
    {
        await using var service = Start(tokenLifetime: "00:00:05");
        using var http = await ConnectAsync(service);
        await PutAsync(http, "acme", "acme-orders", FirstSecret);
        await GetCallerAsync(http, "acme");
        await service.WaitForLineAsync(TokenIssued);

        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(http, "acme", "acme-orders", SecondSecret));

        // From now on, the portal accepts only the second secret.
        var issued = service.WaitForLineAsync(TokenIssued);
        do
        {
            Assert.Equal("acme-orders", await GetCallerAsync(http, "acme"));
        }
        while (!issued.IsCompleted);

        await issued;
        Assert.Equal(0, await service.StopAsync());
        Assert.DoesNotContain("/oauth2/token: 401", service.Output, StringComparison.Ordinal);
        AssertPrintsNoSecret(service);
    }

    [Fact(Timeout = 90_000)]
    public async Task A_removed_tenant_is_not_found_once_its_token_has_expired()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var service = Start(tokenLifetime: "00:00:05");
        using var http = await ConnectAsync(service);
        await PutAsync(http, "acme", "acme-orders", FirstSecret);
        await GetCallerAsync(http, "acme");

        using var removed = await http.DeleteAsync(new Uri("tenants/acme", UriKind.Relative), cancellation);
        using var removedAgain = await http.DeleteAsync(new Uri("tenants/acme", UriKind.Relative), cancellation);
        HttpStatusCode status;
        do
        {
            using var response = await GetOrdersAsync(http, "acme");
            status = response.StatusCode;
        }
        while (status != HttpStatusCode.NotFound);

        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, removedAgain.StatusCode);
        Assert.Equal(0, await service.StopAsync());
        AssertPrintsNoSecret(service);
    }

    [Fact]
    public async Task An_unknown_tenant_gets_a_404_without_a_stack_trace()
    {
        await using var service = Start();
        using var http = await ConnectAsync(service);

        using var response = await GetOrdersAsync(http, "nobody");
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("There is no such tenant.", problem.GetProperty("title").GetString());
        Assert.DoesNotContain("   at ", problem.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(0, await service.StopAsync());
        Assert.Contains("The client store has no CIAM client \"nobody\"", service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tenant_whose_portal_issues_no_token_gets_a_502_without_a_stack_trace()
    {
        await using var service = Start();
        using var http = await ConnectAsync(service);
        await PutAsync(http, "acme", "acme-orders", FirstSecret);

        // Another tenant with the same application: a portal has one secret for it.
        await PutAsync(http, "twin", "acme-orders", SecondSecret);
        using var response = await GetOrdersAsync(http, "acme");
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("invalid_client", problem.GetProperty("code").GetString());
        Assert.DoesNotContain("   at ", problem.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(0, await service.StopAsync());
        AssertPrintsNoSecret(service);
    }

    [Fact]
    public async Task A_tenant_without_a_secret_is_not_accepted()
    {
        await using var service = Start();
        using var http = await ConnectAsync(service);

        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(http, "acme", "acme-orders", clientSecret: ""));
    }

    private static SampleProcess Start(string tokenLifetime = "00:05:00")
        => SampleProcess.Start("ManyTenants", ["--urls", "http://127.0.0.1:0"], ("AccessTokenLifetime", tokenLifetime));

    private static async Task<HttpClient> ConnectAsync(SampleProcess service)
        => new() { BaseAddress = await service.WaitForAddressAsync() };

    private static async Task<HttpStatusCode> PutAsync(HttpClient http, string tenant, string clientId, string clientSecret)
    {
        using var response = await http.PutAsJsonAsync(
            new Uri($"tenants/{tenant}", UriKind.Relative), new { clientId, clientSecret }, Cancellation);
        return response.StatusCode;
    }

    private static Task<HttpResponseMessage> GetOrdersAsync(HttpClient http, string tenant)
        => http.GetAsync(new Uri($"tenants/{tenant}/orders", UriKind.Relative), Cancellation);

    private static async Task<string?> GetCallerAsync(HttpClient http, string tenant)
    {
        using var response = await GetOrdersAsync(http, tenant);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var orders = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        return orders.GetProperty("caller").GetString();
    }

    private static void AssertPrintsNoSecret(SampleProcess service)
    {
        Assert.DoesNotContain("sEcrEt", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", service.Output, StringComparison.Ordinal);
    }
}
