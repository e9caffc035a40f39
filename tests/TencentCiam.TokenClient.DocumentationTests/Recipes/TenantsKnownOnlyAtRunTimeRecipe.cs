using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Refit;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class TenantsKnownOnlyAtRunTimeRecipe : IDisposable
{
    private readonly CiamPortalEmulator _portal = new();
    private readonly TenantDatabase _database = new();

    public void Dispose() => _portal.Dispose();

    // <snippet>
    public sealed class TenantStore(TenantDatabase database) : ICiamClientStore
    {
        public async ValueTask<CiamClientCredentialsOptions?> FindAsync(string name, CancellationToken cancellationToken)
            => await database.FindTenantAsync(name, cancellationToken) is { } tenant
                ? new CiamClientCredentialsOptions
                {
                    Authority = tenant.Authority,
                    ClientId = tenant.ClientId,
                    ClientSecret = tenant.ClientSecret,
                    Scope = "orders.read",
                }
                : null;
    }
    // </snippet>

    private IHost CreateHost(Action<HostApplicationBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);

        // <snippet>
        builder.Services.AddCiamClientStore<TenantStore>();
        builder.Services.AddHttpClient("orders", client => client.BaseAddress = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler();
        // </snippet>

        builder.Services.AddSingleton(_database);
        builder.Services.AddCiamClientStore<TenantStore>().UseEmulator(_portal);
        builder.Services.AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(Api);
        configure(builder);
        return builder.Build();
    }

    private static async Task<HttpStatusCode> GetOrderStatusAsync(HttpClient http, string tenant)
    {
        var cancellationToken = TestContext.Current.CancellationToken;

        // <snippet>
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1001").UseCiamClient(tenant);
        using var response = await http.SendAsync(request, cancellationToken);
        // </snippet>

        return response.StatusCode;
    }

    // <snippet>
    public interface IOrdersApi
    {
        [Get("/orders/{number}")]
        Task<string> GetOrderAsync(int number, [Property("tenant")] string tenant);
    }
    // </snippet>

    [Fact]
    public async Task A_request_gets_a_token_of_the_tenant_that_it_chooses()
    {
        using var host = CreateHost(_ => { });
        var http = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        var acme = AddTenant("acme");
        var north = AddTenant("north");

        Assert.Equal(HttpStatusCode.OK, await GetOrderStatusAsync(http, "acme"));
        Assert.Equal(HttpStatusCode.OK, await GetOrderStatusAsync(http, "north"));
        Assert.Equal([acme, north], _portal.Requests.Select(request => request.ClientId));

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(() => GetOrderStatusAsync(http, "nobody"));
        Assert.Equal(CiamTokenErrorCodes.ClientNotFound, thrown.Error.Code);
    }

    [Fact]
    public async Task The_handler_chooses_the_tenant_of_a_generated_client()
    {
        using var host = CreateHost(builder =>
        {
            // <snippet>
            builder.Services.AddRefitGeneratedClient<IOrdersApi>()
                .ConfigureHttpClient(client => client.BaseAddress = new Uri("https://orders.example.com"))
                .AddCiamClientCredentialsHandler(options => options.SelectClient =
                    request => request.Options.TryGetValue(new HttpRequestOptionsKey<string>("tenant"), out var tenant) ? tenant : null);
            // </snippet>

            builder.Services.AddRefitGeneratedClient<IOrdersApi>().ConfigurePrimaryHttpMessageHandler(Api);
        });
        var acme = AddTenant("acme");

        Assert.Equal("tea", await host.Services.GetRequiredService<IOrdersApi>().GetOrderAsync(1001, "acme"));
        Assert.Equal(acme, Assert.Single(_portal.Requests).ClientId);
    }

    [Fact]
    public async Task The_factory_returns_the_provider_of_a_tenant()
    {
        using var host = CreateHost(_ => { });
        var providers = host.Services.GetRequiredService<ICiamTokenProviderFactory>();
        var tenant = "acme";
        var cancellationToken = TestContext.Current.CancellationToken;
        AddTenant(tenant);

        // <snippet>
        var token = await providers.GetProvider(tenant).GetTokenAsync(cancellationToken: cancellationToken);
        // </snippet>

        Assert.True(_portal.IsActive(token.Value));
    }

    private HttpMessageHandler Api()
        => _portal.CreateResourceServerHandler(
            _ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("tea") });

    private string AddTenant(string name)
    {
        var application = _portal.AddApplication();
        application.Scopes = ["orders.read"];
        _database.Tenants[name] = new Tenant(_portal.Authority, application.ClientId, application.ClientSecret);
        return application.ClientId;
    }
}
