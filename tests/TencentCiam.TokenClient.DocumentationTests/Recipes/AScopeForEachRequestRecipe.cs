using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class AScopeForEachRequestRecipe
{
    [Fact]
    public async Task Each_request_gets_a_token_with_its_scope()
    {
        using var portal = new CiamPortalEmulator();
        portal.Application.Scopes = ["orders.read", "orders.write", "orders.delete"];
        var builder = Host.CreateEmptyApplicationBuilder(null);

        // <snippet>
        builder.Services.AddCiamClientCredentials();
        builder.Services.AddHttpClient("orders", client => client.BaseAddress = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler(options => options.SelectScope =
                request => request.Method == HttpMethod.Get ? "orders.read" : "orders.write");
        // </snippet>

        builder.Services.AddCiamClientCredentials().UseEmulator(portal);
        builder.Services.AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(
            () => portal.CreateResourceServerHandler(_ => new HttpResponseMessage(HttpStatusCode.OK)));
        using var host = builder.Build();
        var http = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

        using var read = await http.GetAsync(new Uri("orders", UriKind.Relative), TestContext.Current.CancellationToken);
        using var written = await http.PostAsync(
            new Uri("orders", UriKind.Relative), content: null, TestContext.Current.CancellationToken);

        // <snippet>
        using var request = new HttpRequestMessage(HttpMethod.Delete, "orders/1001").UseCiamScope("orders.delete");
        // </snippet>

        using var deleted = await http.SendAsync(request, TestContext.Current.CancellationToken);

        // <snippet>
        using var anonymous = new HttpRequestMessage(HttpMethod.Get, "status").WithoutCiamToken();
        // </snippet>

        using var status = await http.SendAsync(anonymous, TestContext.Current.CancellationToken);

        Assert.Equal(["orders.read", "orders.write", "orders.delete"], portal.Requests.Select(sent => sent.Scope));
        Assert.All([read, written, deleted], response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(HttpStatusCode.Unauthorized, status.StatusCode);
    }
}
