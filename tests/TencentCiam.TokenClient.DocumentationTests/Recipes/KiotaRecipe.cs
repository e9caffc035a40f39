using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Http.HttpClientLibrary;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class KiotaRecipe : IDisposable
{
    private readonly CiamPortalEmulator _portal = new();
    private readonly List<Uri?> _requestsToApi = [];

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task A_Kiota_call_carries_a_token()
    {
        Assert.Equal("tea", await GetOrderAsync());

        Assert.Equal(new Uri("https://orders.example.com/orders/1001"), Assert.Single(_requestsToApi));
    }

    [Fact]
    public async Task Kiota_does_not_wrap_the_exception_when_there_is_no_token()
    {
        _portal.Application.IsEnabled = false;

        await Assert.ThrowsAsync<CiamTokenException>(GetOrderAsync);
    }

    private async Task<string> GetOrderAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);

        // <snippet>
        builder.Services.AddHttpClient("orders", client => client.BaseAddress = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler()
            .AddTypedClient(http => new OrdersApiClient(
                new HttpClientRequestAdapter(new AnonymousAuthenticationProvider(), httpClient: http)));
        // </snippet>

        builder.Services.AddCiamClientCredentials().UseEmulator(_portal);
        builder.Services.AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(
            () => _portal.CreateResourceServerHandler(request =>
            {
                _requestsToApi.Add(request.RequestUri);
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("tea") };
            }));
        using var host = builder.Build();
        return await host.Services.GetRequiredService<OrdersApiClient>().GetOrderAsync(1001);
    }

    /// <summary>What Kiota generates, reduced to one operation.</summary>
    private sealed class OrdersApiClient(IRequestAdapter requestAdapter)
        : BaseRequestBuilder(requestAdapter, "{+baseurl}/orders/{number}", [])
    {
        public async Task<string> GetOrderAsync(int number)
        {
            PathParameters["number"] = number;
            var request = new RequestInformation(Method.GET, UrlTemplate, PathParameters);
            var body = await RequestAdapter.SendPrimitiveAsync<Stream>(
                request, cancellationToken: TestContext.Current.CancellationToken);
            using var reader = new StreamReader(body!);
            return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        }
    }
}
