using System.Net;
using Microsoft.Extensions.Configuration;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>What Aspire's service defaults do to every HttpClient: a resilience handler and service discovery.</summary>
public sealed class ServiceDiscoveryTests
{
    private const string Https = "services:orders:https:0";
    private const string Http = "services:orders:http:0";

    [Theory]
    [InlineData("https://orders", Https, "https://10.0.0.5:8443")]
    [InlineData("https+http://orders", Https, "https://10.0.0.5:8443")]
    [InlineData("https+http://orders", Http, "http://127.0.0.1:5000")]
    [InlineData("http://orders", Http, "http://localhost:5000")]
    public async Task The_token_goes_to_the_endpoint_that_the_BaseAddress_is_resolved_to(string baseAddress, string key, string endpoint)
    {
        Uri? address = null;
        using var api = Api(baseAddress, key, endpoint);
        var respond = api.Respond;
        api.Respond = (request, count) =>
        {
            address = request.RequestUri;
            return respond(request, count);
        };

        using var response = await api.GetAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal($"{endpoint}/orders/1", address!.AbsoluteUri);
        Assert.Empty(api.Host.Logs.Named("OriginNotAllowed"));
    }

    [Fact]
    public async Task A_synchronous_call_sends_no_token_to_another_machine_over_plain_http_either()
    {
        using var api = new FakeApi(
            baseAddress: "http://orders.internal",
            services: services => services.AddHttpClient("orders").AddHttpMessageHandler(() => new Passing()));
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");

        Assert.Throws<InvalidOperationException>(() => api.Client.Send(request, TestContext.Current.CancellationToken));

        await AssertRefusedAsync(api);
    }

    [Theory]
    [InlineData("https+http://orders")]
    [InlineData("http://orders")]
    public Task A_token_is_not_sent_to_an_endpoint_on_another_machine_over_plain_http(string baseAddress)
        => AssertRefusedAsync(Api(baseAddress, Http, "http://10.0.0.5:8080"));

    [Fact]
    public async Task Nor_is_a_request_to_an_origin_that_gets_no_token()
    {
        using var api = Api("https://invoices", Http, "http://10.0.0.5:8080");

        await Assert.ThrowsAsync<InvalidOperationException>(() => api.GetAsync("http://orders/1"));

        Assert.Empty(api.Received);
    }

    [Fact]
    public async Task AllowInsecureHttp_permits_it()
    {
        using var api = Api("https+http://orders", Http, "http://10.0.0.5:8080", options => options.AllowInsecureHttp = true);

        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync()).StatusCode);
    }

    [Fact]
    public async Task An_Authorization_header_of_the_callers_is_the_callers_business()
    {
        using var api = Api("https+http://orders", Http, "http://10.0.0.5:8080");
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");
        request.Headers.Authorization = new("Bearer", "the.callers.own");

        await api.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("Bearer the.callers.own", api.Received.Single().Authorization);
    }

    [Fact]
    public async Task The_endpoint_itself_is_not_the_BaseAddress()
    {
        using var api = Api("https://orders", Https, "https://10.0.0.5:8443");

        await api.GetAsync("https://10.0.0.5:8443/orders/1");

        Assert.Null(api.Received.Single().Authorization);
    }

    [Fact]
    public async Task A_rejected_token_is_replaced_and_the_request_sent_to_a_resolved_endpoint_again()
    {
        using var api = Api("https+http://orders", Https, "https://10.0.0.5:8443");
        await api.RevokedTokenAsync();

        using var response = await api.GetAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(2, api.Received.Count);
    }

    private static async Task AssertRefusedAsync(FakeApi api)
    {
        using (api)
        {
            var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => api.GetAsync());

            Assert.Contains("AllowInsecureHttp", thrown.Message, StringComparison.Ordinal);
            Assert.Empty(api.Received);
        }
    }

    private static FakeApi Api(
        string baseAddress,
        string key,
        string endpoint,
        Action<CiamBearerTokenHandlerOptions>? configure = null)
        => new(configure, baseAddress, services: services =>
        {
            services.AddSingleton<IConfiguration>(
                new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [key] = endpoint }).Build());
            services.AddServiceDiscovery();
            services.ConfigureHttpClientDefaults(http =>
            {
                http.AddStandardResilienceHandler();
                http.AddServiceDiscovery();
            });
        });

    private sealed class Passing : DelegatingHandler;
}
