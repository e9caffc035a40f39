using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class SeveralTenantsRecipe
{
    [Fact]
    public async Task Each_tenant_has_its_own_tokens()
    {
        using var europe = new CiamPortalEmulator(new Uri("https://europe.ciam.test"));
        using var asia = new CiamPortalEmulator(new Uri("https://asia.ciam.test"));
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["Orders:europe"] = "https://orders-europe.example.com";
        builder.Configuration["Orders:asia"] = "https://orders-asia.example.com";

        // <snippet>
        foreach (var tenant in new[] { "europe", "asia" })
        {
            builder.Services.AddCiamClientCredentials(tenant);
            builder.Services.AddHttpClient(tenant, client => client.BaseAddress = builder.Configuration.GetValue<Uri>($"Orders:{tenant}"))
                .AddCiamClientCredentialsHandler(tenant);
        }
        // </snippet>

        foreach (var (tenant, portal) in new[] { ("europe", europe), ("asia", asia) })
        {
            portal.Application.Scopes = [$"{tenant}.read"];
            builder.Configuration[$"Ciam:{tenant}:Scope"] = $"{tenant}.read";
            builder.Services.AddCiamClientCredentials(tenant).UseEmulator(portal);
            builder.Services.AddHttpClient(tenant).ConfigurePrimaryHttpMessageHandler(
                () => portal.CreateResourceServerHandler(_ => new HttpResponseMessage(HttpStatusCode.OK)));
        }

        using var host = builder.Build();
        var services = host.Services;

        // <snippet>
        var http = services.GetRequiredService<IHttpClientFactory>().CreateClient("europe");
        var tokens = services.GetRequiredKeyedService<ICiamTokenProvider>("asia");
        // </snippet>

        using var response = await http.GetAsync(new Uri("orders/1001", UriKind.Relative), TestContext.Current.CancellationToken);
        var token = await tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("europe.read", Assert.Single(europe.Requests).Scope);
        Assert.Equal("asia.read", Assert.Single(asia.Requests).Scope);
        Assert.True(asia.IsActive(token.Value));
    }
}
