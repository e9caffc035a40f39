using System.Net;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>Where a token may be sent.</summary>
public sealed class DestinationTests
{
    [Theory]
    [InlineData("orders/1")]
    [InlineData("https://orders.example.com")]
    [InlineData("https://orders.example.com/")]
    [InlineData("https://orders.example.com:443/orders/1")]
    [InlineData("HTTPS://ORDERS.example.COM/orders/1")]
    [InlineData("https://orders.example.com?x=https://evil.example.com/")]
    public async Task A_token_is_sent_to_the_origin_of_the_BaseAddress(string address)
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
    public async Task A_request_to_another_origin_is_sent_without_a_token_and_logs_one_warning(string address)
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
    public async Task At_most_100_origins_are_logged()
    {
        using var api = new FakeApi();

        for (var i = 0; i < 110; i++)
        {
            await api.GetAsync($"https://other-{i}.example.com/");
        }

        Assert.Equal(100, api.Host.Logs.Named("OriginNotAllowed").Count());
    }

    [Fact]
    public async Task The_warning_is_not_repeated_when_the_factory_replaces_the_handler()
    {
        using var api = new FakeApi();
        for (var i = 0; i < 2; i++)
        {
            // As the factory does when a handler's lifetime has ended.
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
    public async Task A_token_is_sent_to_the_allowed_origins_as_well_as_the_BaseAddress()
    {
        using var api = new FakeApi(options => options.AllowedOrigins.Add(new Uri("https://invoices.example.com/any/path")));

        await api.GetAsync("https://invoices.example.com/invoices/1");
        await api.GetAsync("orders/1");
        await api.GetAsync("https://evil.example.com/");

        Assert.Equal([true, true, false], api.Received.Select(call => call.Authorization is not null));
    }

    [Fact]
    public async Task Without_a_BaseAddress_a_token_is_sent_to_any_https_origin()
    {
        using var api = new FakeApi(baseAddress: null);

        await api.GetAsync("https://orders.example.com/");
        await api.GetAsync("https://invoices.example.com/");

        Assert.All(api.Received, call => Assert.NotNull(call.Authorization));
    }

    [Fact]
    public async Task With_allowed_origins_but_no_BaseAddress_a_token_is_sent_only_to_those_origins()
    {
        using var api = new FakeApi(
            options => options.AllowedOrigins.Add(new Uri("https://orders.example.com")), baseAddress: null);

        await api.GetAsync("https://orders.example.com/");
        await api.GetAsync("https://evil.example.com/");

        Assert.Equal([true, false], api.Received.Select(call => call.Authorization is not null));
    }

    [Fact]
    public async Task A_BaseAddress_configured_after_the_handler_is_honored()
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
    public async Task A_token_is_never_sent_over_plain_http(string? baseAddress, string address)
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
    public async Task A_token_is_sent_to_a_loopback_host_over_plain_http(string address)
    {
        using var api = new FakeApi(baseAddress: address);

        await api.GetAsync(address);

        Assert.NotNull(api.Received.Single().Authorization);
    }

    [Fact]
    public async Task A_token_is_sent_over_plain_http_with_AllowInsecureHttp()
    {
        using var api = new FakeApi(options => options.AllowInsecureHttp = true, baseAddress: "http://orders.internal");

        await api.GetAsync("orders/1");

        Assert.NotNull(api.Received.Single().Authorization);
    }

    [Fact]
    public async Task A_request_with_its_own_Authorization_header_may_use_plain_http()
    {
        using var api = new FakeApi(baseAddress: "http://orders.internal");
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");
        request.Headers.Authorization = new("Bearer", "the.callers.own");

        await api.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("Bearer the.callers.own", api.Received.Single().Authorization);
    }
}
