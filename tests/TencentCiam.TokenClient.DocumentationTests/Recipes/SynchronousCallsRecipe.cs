using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class SynchronousCallsRecipe
{
    [Fact]
    public void A_synchronous_call_carries_a_token()
    {
        using var portal = new CiamPortalEmulator();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddCiamClientCredentials().UseEmulator(portal);
        builder.Services.AddHttpClient("orders", client => client.BaseAddress = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler()
            .ConfigurePrimaryHttpMessageHandler(
                () => portal.CreateResourceServerHandler(_ => new HttpResponseMessage(HttpStatusCode.OK)));
        using var host = builder.Build();
        var http = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

        Assert.Equal(HttpStatusCode.OK, GetOrderStatus(http));
    }

    private static HttpStatusCode GetOrderStatus(HttpClient http)
    {
        // <snippet>
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1001");
        using var response = http.Send(request);
        // </snippet>

        return response.StatusCode;
    }
}
