using System.Net;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>Two token handlers on one HttpClient, each with a scope and an origin of its own.</summary>
public sealed class TwoHandlersTests
{
    private static readonly Uri Orders = new("https://orders.example.com");
    private static readonly Uri Invoices = new("https://invoices.example.com");

    [Fact]
    public async Task Each_attaches_its_token_to_the_requests_to_its_origin()
    {
        using var api = Api();

        await api.GetAsync("https://orders.example.com/1");
        await api.GetAsync("https://invoices.example.com/1");
        await api.GetAsync("https://elsewhere.example.com/1");

        await AssertReceivedAsync(api, "orders.read", "orders.write", null);
    }

    [Fact]
    public async Task The_outer_one_wins_where_both_may_send_their_token()
    {
        using var api = Api(inner: options => options.AllowedOrigins.Add(Orders));

        await api.GetAsync("https://orders.example.com/1");

        await AssertReceivedAsync(api, "orders.read");
        Assert.Single(api.Host.Portal.Requests, request => request.Scope == "orders.read");
    }

    [Fact]
    public async Task They_may_share_a_token()
    {
        using var api = Api(inner: options => options.Scope = "orders.read");

        for (var i = 0; i < 2; i++)
        {
            await api.GetAsync("https://orders.example.com/1");
            await api.GetAsync("https://invoices.example.com/1");
        }

        await AssertReceivedAsync(api, "orders.read", "orders.read", "orders.read", "orders.read");
    }

    [Theory]
    [InlineData("https://orders.example.com/1", "https://invoices.example.com/1", "orders.read", "orders.write")]
    [InlineData("https://invoices.example.com/1", "https://orders.example.com/1", "orders.write", "orders.read")]
    [InlineData("https://invoices.example.com/1", "https://elsewhere.example.com/1", "orders.write", null)]
    [InlineData("https://orders.example.com/1", "https://elsewhere.example.com/1", "orders.read", null)]
    public async Task A_retry_handler_around_them_gets_the_token_of_the_origin_of_each_attempt(
        string first,
        string second,
        string firstScope,
        string? secondScope)
    {
        using var api = Api(outside: new SendsTwice(request => request.RequestUri = new Uri(second)));
        using var copying = Api(outside: new SendsCopy(isRetry: true, request => request.RequestUri = new Uri(second)));

        await api.GetAsync(first);
        await copying.GetAsync(first);

        await AssertReceivedAsync(api, firstScope, secondScope);
        await AssertReceivedAsync(copying, firstScope, secondScope);
    }

    [Fact]
    public async Task A_handler_between_them_may_change_the_address_and_copy_the_request()
    {
        using var api = Api(between: new SendsCopy(isRetry: false, request => request.RequestUri = new Uri("https://10.0.0.5/")));

        await api.GetAsync("https://orders.example.com/1");

        await AssertReceivedAsync(api, "orders.read");
    }

    [Fact]
    public async Task A_rejected_token_is_replaced_by_the_handler_that_attached_it()
    {
        using var api = Api();
        await api.Host.TokenAsync("orders.read");
        await api.RevokedTokenAsync();

        using var response = await api.GetAsync("https://orders.example.com/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(2, api.Received.Count);
    }

    [Fact]
    public async Task Over_plain_http_each_judges_only_its_own_token()
    {
        using var api = Api(
            outer: options =>
            {
                options.AllowedOrigins.Add(new Uri("http://orders.internal"));
                options.AllowInsecureHttp = true;
            },
            inside: new Passing());

        await api.GetAsync("http://orders.internal/1");
        await Assert.ThrowsAsync<InvalidOperationException>(() => api.GetAsync("http://elsewhere.internal/1"));

        await AssertReceivedAsync(api, "orders.read");
    }

    [Fact]
    public async Task It_works_without_a_factory()
    {
        using var host = new CiamHost();
        using var portal = new CiamPortalEmulator();
        using var handler = new CiamBearerTokenHandler(host.Tokens, new() { Scope = "orders.read", AllowedOrigins = { Orders } })
        {
            InnerHandler = new SendsCopy(isRetry: false)
            {
                InnerHandler = new CiamBearerTokenHandler(host.Tokens, new() { Scope = "orders.write", AllowedOrigins = { Invoices } })
                {
                    InnerHandler = new Responding(),
                },
            },
        };
        using var invoker = new HttpMessageInvoker(handler);

        using var ofOrders = await SendAsync(Orders);
        using var ofInvoices = await SendAsync(Invoices);

        Assert.Equal((await host.TokenAsync("orders.read")).Value, ofOrders.RequestMessage!.Headers.Authorization?.Parameter);
        Assert.Equal((await host.TokenAsync("orders.write")).Value, ofInvoices.RequestMessage!.Headers.Authorization?.Parameter);

        async Task<HttpResponseMessage> SendAsync(Uri address)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            return await invoker.SendAsync(request, TestContext.Current.CancellationToken);
        }
    }

    private static FakeApi Api(
        Action<CiamBearerTokenHandlerOptions>? outer = null,
        Action<CiamBearerTokenHandlerOptions>? inner = null,
        DelegatingHandler? outside = null,
        DelegatingHandler? between = null,
        DelegatingHandler? inside = null)
        => new(
            baseAddress: null,
            also: builder =>
            {
                Add(builder, outside);
                builder.AddCiamClientCredentialsHandler(options =>
                {
                    options.Scope = "orders.read";
                    options.AllowedOrigins.Add(Orders);
                    outer?.Invoke(options);
                });
                Add(builder, between);
            },
            configure: options =>
            {
                options.Scope = "orders.write";
                options.AllowedOrigins.Add(Invoices);
                inner?.Invoke(options);
            },
            services: services => Add(services.AddHttpClient("orders"), inside));

    private static void Add(IHttpClientBuilder builder, DelegatingHandler? handler)
        => _ = handler is null ? builder : builder.AddHttpMessageHandler(() => handler);

    private static async Task AssertReceivedAsync(FakeApi api, params string?[] scopes)
    {
        var expected = new List<string?>();
        foreach (var scope in scopes)
        {
            expected.Add(scope is null ? null : $"Bearer {(await api.Host.TokenAsync(scope)).Value}");
        }

        Assert.Equal(expected, api.Received.Select(call => call.Authorization));
    }

    private sealed class Passing : DelegatingHandler;

    private sealed class Responding : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => Task.FromResult(new HttpResponseMessage { RequestMessage = request });
    }
}
