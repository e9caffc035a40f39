using System.Net;
using TencentCiam.TokenClient.Tests.ClientStore;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>Which client's token a request carries.</summary>
public sealed class ClientChoiceTests
{
    [Fact]
    public async Task The_request_chooses_before_SelectClient_and_SelectClient_before_the_handler()
    {
        string? selected = "europe";
        using var api = new ChoiceApi(options => options.SelectClient = _ => selected);

        await api.SendBothWaysAsync(request => request.UseCiamClient("asia"));
        await api.SendBothWaysAsync();
        selected = null;
        await api.SendBothWaysAsync();

        Assert.Equal(
            [
                "Bearer asia/own/0", "Bearer asia/own/0",
                "Bearer europe/own/0", "Bearer europe/own/0",
                "Bearer unnamed/own/0", "Bearer unnamed/own/0",
            ],
            api.Received);
    }

    [Fact]
    public async Task The_empty_name_is_the_unnamed_client_for_a_request_and_for_SelectClient()
    {
        string? selected = null;
        using var api = new ChoiceApi(options => options.SelectClient = _ => selected, client: "europe");

        await api.SendBothWaysAsync(request => request.UseCiamClient(""));
        await api.SendAsync();
        selected = "";
        await api.SendBothWaysAsync();

        Assert.Equal(
            [
                "Bearer unnamed/own/0", "Bearer unnamed/own/0",
                "Bearer europe/own/0",
                "Bearer unnamed/own/0", "Bearer unnamed/own/0",
            ],
            api.Received);
    }

    [Fact]
    public async Task The_last_choice_of_a_request_counts()
    {
        using var api = new ChoiceApi();

        await api.SendAsync(request => request.UseCiamClient("europe").UseCiamScope("read").UseCiamClient("asia"));

        Assert.Equal(["Bearer asia/read/0"], api.Received);
    }

    [Fact]
    public async Task SelectClient_may_read_the_request()
    {
        using var api = new ChoiceApi(options => options.SelectClient = request => request.RequestUri!.Segments[1]);

        await api.SendBothWaysAsync(address: "europe");
        await api.SendBothWaysAsync(address: "asia");

        Assert.Equal(
            ["Bearer europe/own/0", "Bearer europe/own/0", "Bearer asia/own/0", "Bearer asia/own/0"], api.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_retry_after_a_401_keeps_the_choice_and_selects_nothing_again(bool isSynchronous)
    {
        var selections = 0;
        using var api = new ChoiceApi(options =>
        {
            options.SelectClient = _ => ++selections == 1 ? "europe" : "asia";
            options.SelectScope = _ => selections == 1 ? "read" : "write";
        });
        api.Respond = count => count == 1 ? HttpStatusCode.Unauthorized : HttpStatusCode.OK;

        var status = isSynchronous ? api.Send() : await api.SendAsync();

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["Bearer europe/read/0", "Bearer europe/read/1"], api.Received);
        Assert.Equal(1, selections);
    }

    [Fact]
    public async Task A_rejected_token_is_invalidated_at_the_chosen_client_only()
    {
        using var api = new ChoiceApi();
        api.Respond = count => count == 1 ? HttpStatusCode.Unauthorized : HttpStatusCode.OK;

        await api.SendAsync(request => request.UseCiamClient("asia"));
        await api.SendAsync();

        Assert.Equal(["Bearer asia/own/0", "Bearer asia/own/1", "Bearer unnamed/own/0"], api.Received);
    }

    [Fact]
    public async Task A_retry_handler_around_the_token_handler_makes_it_select_again()
    {
        var selected = new Queue<string>(["europe", "asia"]);
        using var api = new ChoiceApi(options => options.SelectClient = _ => selected.Dequeue(), outside: new SendsTwice());

        await api.SendAsync();

        Assert.Equal(["Bearer europe/own/0", "Bearer asia/own/0"], api.Received);
    }

    [Fact]
    public async Task A_retry_handler_around_the_token_handler_keeps_the_choice_of_the_request()
    {
        using var api = new ChoiceApi(options => options.SelectClient = _ => "europe", outside: new SendsTwice());

        await api.SendAsync(request => request.UseCiamClient("asia").UseCiamScope("read"));

        Assert.Equal(["Bearer asia/read/0", "Bearer asia/read/0"], api.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_copy_of_the_request_with_its_options_keeps_the_choice(bool isRetry)
    {
        using var api = new ChoiceApi(outside: new SendsCopy(isRetry, copiesOptions: true));

        await api.SendAsync(request => request.UseCiamClient("asia").UseCiamScope("read"));

        Assert.All(api.Received, header => Assert.Equal("Bearer asia/read/0", header));
        Assert.Equal(isRetry ? 2 : 1, api.Received.Count);
    }

    [Fact]
    public async Task Requests_in_parallel_carry_the_tokens_of_their_own_clients()
    {
        using var api = new ChoiceApi(inside: new WaitsForOthers(2));

        await Task.WhenAll(
            api.SendAsync(request => request.UseCiamClient("europe").UseCiamScope("read")),
            api.SendAsync(request => request.UseCiamClient("asia").UseCiamScope("write")));

        Assert.Equal(["Bearer asia/write/0", "Bearer europe/read/0"], api.Received.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_client_that_nobody_can_have_throws_InvalidOperationException_and_sends_nothing()
    {
        using var api = new ChoiceApi();

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => api.SendAsync(request => request.UseCiamClient("africa")));
        Assert.Throws<InvalidOperationException>(() => api.Send(request => request.UseCiamClient("africa")));

        Assert.Contains("\"africa\"", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("AddCiamClientStore", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(api.Received);
    }

    [Fact]
    public async Task A_client_of_the_store_is_chosen_like_a_registered_one()
    {
        var received = new List<string?>();
        using var host = new StoreHost(services: services => services.AddHttpClient("orders")
            .AddCiamClientCredentialsHandler(options => options.SelectClient = request => request.RequestUri!.Segments[1])
            .ConfigurePrimaryHttpMessageHandler(() => new Responding(received)));
        host.Add("tenant-1");
        host.Add("tenant-2");
        using var client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://orders.example.com/tenant-1");

        (await client.SendAsync(request.UseCiamClient("tenant-2"), TestContext.Current.CancellationToken)).Dispose();
        (await client.GetAsync(new Uri("https://orders.example.com/tenant-1"), TestContext.Current.CancellationToken)).Dispose();

        Assert.Equal([(await host.TokenAsync("tenant-2")).Value, (await host.TokenAsync("tenant-1")).Value], received);
        Assert.Equal(["tenant-2", "tenant-1"], host.Store.Lookups);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handler_created_with_one_provider_throws_InvalidOperationException_when_a_client_is_chosen(bool isSelected)
    {
        var tokens = new ChoiceApi.FakeTokens("own");
        var received = new List<string?>();
        using var invoker = new HttpMessageInvoker(new CiamBearerTokenHandler(
            tokens, new() { SelectClient = isSelected ? _ => "europe" : null, SelectScope = _ => "read" })
        {
            InnerHandler = new Responding(received),
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://orders.example.com/1");
        if (!isSelected)
        {
            (await invoker.SendAsync(request, TestContext.Current.CancellationToken)).Dispose();
            request.UseCiamClient("");
        }

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => invoker.SendAsync(request, TestContext.Current.CancellationToken));
        Assert.Throws<InvalidOperationException>(() => invoker.Send(request, TestContext.Current.CancellationToken));

        Assert.Equal(isSelected ? [] : ["own/read/0"], received);
    }

    [Fact]
    public async Task What_SelectClient_throws_reaches_the_caller_and_nothing_is_sent()
    {
        using var api = new ChoiceApi(options => options.SelectClient = _ => throw new NotSupportedException("no tenant"));

        await Assert.ThrowsAsync<NotSupportedException>(() => api.SendAsync());
        Assert.Throws<NotSupportedException>(() => api.Send());
        await api.SendAsync(request => request.UseCiamClient("asia"));

        Assert.Equal(["Bearer asia/own/0"], api.Received);
    }

    private sealed class Responding(List<string?> received) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => Task.FromResult(Send(request, cancellationToken));

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            received.Add(request.Headers.Authorization?.Parameter);
            return new HttpResponseMessage { RequestMessage = request };
        }
    }

    /// <summary>Sends no request before this many have arrived.</summary>
    private sealed class WaitsForOthers(int count) : DelegatingHandler
    {
        private readonly TaskCompletionSource _all = new();
        private int _arrived;

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _arrived) == count)
            {
                _all.SetResult();
            }

            await _all.Task;
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
