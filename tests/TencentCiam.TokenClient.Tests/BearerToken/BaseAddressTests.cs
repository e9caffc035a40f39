using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>The BaseAddress that an HttpClient gets at registration.</summary>
public sealed class BaseAddressTests
{
    [Fact]
    public async Task It_counts_for_handlers_that_are_created_without_an_HttpClient()
    {
        using var api = new FakeApi();
        using var invoker = new HttpMessageInvoker(
            api.Host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("orders"));

        foreach (var address in (string[])["https://evil.example.com/", "https://orders.example.com/"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            await invoker.SendAsync(request, TestContext.Current.CancellationToken);
        }

        Assert.Equal([false, true], api.Received.Select(call => call.Authorization is not null));
    }

    [Fact]
    public void The_registration_of_the_HttpClient_stays_as_it_was_written()
    {
        // Grpc.Net.ClientFactory up to 2.55 creates no client that has such an action.
        using var host = new CiamHost(services: services => services.AddHttpClient("orders").AddCiamClientCredentialsHandler());

        Assert.Empty(host.Services.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>().Get("orders").HttpClientActions);
    }

    [Fact]
    public async Task Of_one_that_differs_from_client_to_client_the_first_counts()
    {
        var tenant = 0;
        using var api = new FakeApi(baseAddress: null, services: services => services.AddHttpClient("orders")
            .ConfigureHttpClient(client => client.BaseAddress = new Uri($"https://tenant{tenant}.example.com")));

        for (; tenant < 3; tenant++)
        {
            await api.GetAsync();
        }

        await api.GetAsync("https://tenant0.example.com/orders/1");

        Assert.Equal([true, false, false, true], api.Received.Select(call => call.Authorization is not null));
        var warnings = api.Host.Logs.Named("OriginNotAllowed").ToArray();
        Assert.Equal(2, warnings.Length);
        Assert.Contains("AllowedOrigins", warnings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_cannot_be_determined_never_means_any_origin()
    {
        var fails = true;
        using var api = new FakeApi(
            options => options.AllowedOrigins.Add(new Uri("https://invoices.example.com")),
            services: services => services.AddHttpClient("orders")
                .ConfigureHttpClient(_ => Assert.False(fails)));
        using var invoker = new HttpMessageInvoker(
            api.Host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("orders"));

        await SendAsync("https://invoices.example.com/");
        await SendAsync("https://orders.example.com/");
        await SendAsync("https://evil.example.com/");
        fails = false;
        await SendAsync("https://orders.example.com/");
        await SendAsync("https://evil.example.com/");

        Assert.Equal([true, false, false, true, false], api.Received.Select(call => call.Authorization is not null));
        Assert.Empty(api.Host.Logs.Named("AnyOriginAllowed"));

        async Task SendAsync(string address)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            await invoker.SendAsync(request, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task AllowInsecureHttp_also_counts_while_it_is_unknown()
    {
        using var api = new FakeApi(
            options =>
            {
                options.AllowInsecureHttp = true;
                options.AllowedOrigins.Add(new Uri("http://invoices.example.com"));
            },
            services: services =>
            {
                services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new InheritedHandler()));
                services.AddHttpClient("orders").ConfigureHttpClient(_ => Assert.Fail("no HttpClient yet"));
            });
        using var invoker = new HttpMessageInvoker(
            api.Host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("orders"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://invoices.example.com/");

        await invoker.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.NotNull(api.Received.Single().Authorization);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_HttpClient_that_is_configured_by_a_request_of_its_own_makes_none_when_its_BaseAddress_is_determined(
        bool synchronously)
    {
        var exceptions = new List<Exception?>();
        using var api = new FakeApi(services: services => services.AddHttpClient("orders").ConfigureHttpClient(client =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "https://configuration.example.com/");
            exceptions.Add(Record.Exception(() => synchronously
                ? client.Send(request, TestContext.Current.CancellationToken)
                : client.SendAsync(request, TestContext.Current.CancellationToken).GetAwaiter().GetResult()));
        }));
        using var invoker = new HttpMessageInvoker(
            api.Host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("orders"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://orders.example.com/");

        await invoker.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.NotNull(api.Received.Single().Authorization);
        Assert.Contains("sends no requests", Assert.Single(exceptions)!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_one_and_without_allowed_origins_a_warning_is_logged_once()
    {
        using var api = new FakeApi(baseAddress: null);

        await api.GetAsync("https://orders.example.com/");
        await api.GetAsync("https://invoices.example.com/");

        var warning = Assert.Single(api.Host.Logs.Named("AnyOriginAllowed"));
        Assert.Equal((13, LogLevel.Warning), (warning.Id, warning.Level));
        Assert.Contains("\"orders\"", warning.Message, StringComparison.Ordinal);
        Assert.Equal("TencentCiam.TokenClient.CiamBearerTokenHandler", warning.Category);
    }

    [Theory]
    [InlineData("https://orders.example.com", null)]
    [InlineData(null, "https://orders.example.com")]
    public async Task With_one_of_the_two_there_is_no_such_warning(string? baseAddress, string? allowed)
    {
        using var api = new FakeApi(
            options =>
            {
                if (allowed is not null)
                {
                    options.AllowedOrigins.Add(new Uri(allowed));
                }
            },
            baseAddress);

        await api.GetAsync("https://orders.example.com/");

        Assert.Empty(api.Host.Logs.Named("AnyOriginAllowed"));
    }

    private sealed class InheritedHandler : DelegatingHandler;
}
