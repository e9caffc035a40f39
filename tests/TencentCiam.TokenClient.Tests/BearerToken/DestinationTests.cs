using System.Net;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>Where a token may go.</summary>
public sealed class DestinationTests
{
    [Theory]
    [InlineData("orders/1")]
    [InlineData("https://orders.example.com")]
    [InlineData("https://orders.example.com/")]
    [InlineData("https://orders.example.com:443/orders/1")]
    [InlineData("HTTPS://ORDERS.example.COM/orders/1")]
    [InlineData("https://orders.example.com?x=https://evil.example.com/")]
    public async Task To_the_origin_of_the_BaseAddress(string address)
    {
        using var api = new FakeApi();

        await api.GetAsync(address);

        Assert.NotNull(api.Received.Single().Authorization);
        Assert.Empty(api.Host.Logs.Named("OriginNotAllowed"));
    }

    [Theory]
    [InlineData("https://evil.example.com/orders/1")]
    [InlineData("https://orders.example.com.evil.com/")]
    [InlineData("https://orders.example.com:8443/")]
    [InlineData("https://orders.example.com@evil.example.com/")]
    [InlineData("https://sub.orders.example.com/")]
    [InlineData("http://localhost/")]
    public async Task To_another_origin_the_call_goes_without_a_token_and_with_one_warning(string address)
    {
        using var api = new FakeApi();

        var response = await api.GetAsync(address);
        await api.GetAsync(address);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.All(api.Received, call => Assert.Null(call.Authorization));
        var warning = Assert.Single(api.Host.Logs.Named("OriginNotAllowed"));
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains(new Uri(address).Host, warning.Message, StringComparison.Ordinal);
        Assert.Contains("orders", warning.Message, StringComparison.Ordinal);
        Assert.Equal(0, api.Host.TokenRequests);
    }

    [Fact]
    public async Task The_warning_is_not_repeated_by_the_handlers_that_the_factory_makes_later()
    {
        using var api = new FakeApi();
        for (var i = 0; i < 2; i++)
        {
            // As the factory does when a handler's lifetime is over.
            var builder = api.Host.Services.GetRequiredService<HttpMessageHandlerBuilder>();
            builder.Name = "orders";
            foreach (var add in api.Host.Services.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>()
                .Get("orders").HttpMessageHandlerBuilderActions)
            {
                add(builder);
            }

            using var invoker = new HttpMessageInvoker(builder.Build());
            api.Client.Dispose();
            using var request = new HttpRequestMessage(HttpMethod.Get, "https://evil.example.com/");
            await invoker.SendAsync(request, TestContext.Current.CancellationToken);
        }

        Assert.Single(api.Host.Logs.Named("OriginNotAllowed"));
    }

    [Fact]
    public async Task To_the_allowed_origins_beside_it()
    {
        using var api = new FakeApi(options => options.AllowedOrigins.Add(new Uri("https://invoices.example.com/any/path")));

        await api.GetAsync("https://invoices.example.com/invoices/1");
        await api.GetAsync("orders/1");
        await api.GetAsync("https://evil.example.com/");

        Assert.Equal([true, true, false], api.Received.Select(call => call.Authorization is not null));
    }

    [Fact]
    public async Task Without_a_BaseAddress_to_any_https_origin()
    {
        using var api = new FakeApi(baseAddress: null);

        await api.GetAsync("https://orders.example.com/");
        await api.GetAsync("https://invoices.example.com/");

        Assert.All(api.Received, call => Assert.NotNull(call.Authorization));
    }

    [Fact]
    public async Task Without_a_BaseAddress_but_with_allowed_origins_only_to_those()
    {
        using var api = new FakeApi(
            options => options.AllowedOrigins.Add(new Uri("https://orders.example.com")), baseAddress: null);

        await api.GetAsync("https://orders.example.com/");
        await api.GetAsync("https://evil.example.com/");

        Assert.Equal([true, false], api.Received.Select(call => call.Authorization is not null));
    }

    [Fact]
    public async Task A_BaseAddress_that_is_configured_after_the_handler_counts_too()
    {
        using var api = new FakeApi(baseAddress: null, services: services => services.AddHttpClient("orders")
            .ConfigureHttpClient(client => client.BaseAddress = new Uri("https://orders.example.com")));

        await api.GetAsync("orders/1");
        await api.GetAsync("https://evil.example.com/");

        Assert.Equal([true, false], api.Received.Select(call => call.Authorization is not null));
    }

    [Theory]
    [InlineData(null, "http://orders.example.com/")]
    [InlineData("http://orders.example.com", "http://orders.example.com/")]
    [InlineData("https://orders.example.com", "http://orders.example.com/")]
    [InlineData("https://orders.example.com", "http://evil.example.com/")]
    public async Task Never_over_plain_http(string? baseAddress, string address)
    {
        using var api = new FakeApi(baseAddress: baseAddress);

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => api.GetAsync(address));

        Assert.Contains(new Uri(address).Host, thrown.Message, StringComparison.Ordinal);
        Assert.Contains("AllowInsecureHttp", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(api.Received);
        Assert.Equal(0, api.Host.TokenRequests);
    }

    [Theory]
    [InlineData("http://localhost:5000/")]
    [InlineData("http://127.0.0.1:5000/")]
    [InlineData("http://[::1]:5000/")]
    public async Task Over_plain_http_to_a_loopback_host(string address)
    {
        using var api = new FakeApi(baseAddress: address);

        await api.GetAsync(address);

        Assert.NotNull(api.Received.Single().Authorization);
    }

    [Fact]
    public async Task Over_plain_http_where_that_is_allowed()
    {
        using var api = new FakeApi(options => options.AllowInsecureHttp = true, baseAddress: "http://orders.internal");

        await api.GetAsync("orders/1");

        Assert.NotNull(api.Received.Single().Authorization);
    }

    [Fact]
    public async Task Plain_http_with_an_Authorization_header_of_the_callers_is_the_callers_business()
    {
        using var api = new FakeApi(baseAddress: "http://orders.internal");
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");
        request.Headers.Authorization = new("Bearer", "the.callers.own");

        await api.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("Bearer the.callers.own", api.Received.Single().Authorization);
    }
}
