namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>Which scope the token of a request has.</summary>
public sealed class ScopeChoiceTests
{
    [Fact]
    public async Task The_request_chooses_before_SelectScope_SelectScope_before_the_handler_and_that_before_the_client()
    {
        string? selected = "select";
        using var api = new ChoiceApi(options =>
        {
            options.Scope = "handler";
            options.SelectScope = _ => selected;
        });
        using var plain = new ChoiceApi();

        await api.SendBothWaysAsync(request => request.UseCiamScope("request"));
        await api.SendBothWaysAsync();
        selected = null;
        await api.SendBothWaysAsync();

        Assert.Equal(
            [
                "Bearer unnamed/request/0", "Bearer unnamed/request/0",
                "Bearer unnamed/select/0", "Bearer unnamed/select/0",
                "Bearer unnamed/handler/0", "Bearer unnamed/handler/0",
            ],
            api.Received);
        Assert.Equal(["Bearer unnamed/own/0", "Bearer unnamed/own/0"], await plain.SendBothWaysAsync());
    }

    [Fact]
    public async Task The_handlers_scope_holds_for_whichever_client_is_chosen()
    {
        string? selected = null;
        using var api = new ChoiceApi(options =>
        {
            options.Scope = "handler";
            options.SelectClient = _ => selected;
        });

        await api.SendAsync();
        await api.SendAsync(request => request.UseCiamClient("europe"));
        selected = "asia";
        await api.SendBothWaysAsync();

        Assert.Equal(
            ["Bearer unnamed/handler/0", "Bearer europe/handler/0", "Bearer asia/handler/0", "Bearer asia/handler/0"],
            api.Received);
    }

    [Fact]
    public async Task An_empty_scope_is_the_clients_own_scope()
    {
        using var api = new ChoiceApi(options => options.Scope = "handler");

        Assert.Equal(
            ["Bearer unnamed/own/0", "Bearer unnamed/own/0"],
            await api.SendBothWaysAsync(request => request.UseCiamScope("")));
    }

    [Fact]
    public async Task A_chosen_scope_is_requested_and_has_a_token_of_its_own()
    {
        using var api = new FakeApi(options => options.SelectScope = request => request.RequestUri!.Segments[1]);

        (await api.GetAsync("orders.read")).Dispose();
        (await api.GetAsync("orders.write")).Dispose();
        (await api.GetAsync("orders.read")).Dispose();

        Assert.Equal(["orders.read", "orders.write"], api.Host.Portal.Requests.Select(request => request.Scope));
        Assert.Equal(
            [
                $"Bearer {(await api.Host.TokenAsync("orders.read")).Value}",
                $"Bearer {(await api.Host.TokenAsync("orders.write")).Value}",
                $"Bearer {(await api.Host.TokenAsync("orders.read")).Value}",
            ],
            api.Received.Select(call => call.Authorization));
    }

    [Theory]
    [InlineData("a  b")]
    [InlineData("a\"b")]
    [InlineData("a\r\nb")]
    public async Task A_malformed_scope_throws_InvalidScope_without_a_token_request(string scope)
    {
        using var api = new FakeApi();
        using var selecting = new FakeApi(options => options.SelectScope = _ => scope);
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1").UseCiamScope(scope);
        using var again = new HttpRequestMessage(HttpMethod.Get, "orders/1").UseCiamScope(scope);

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(
            () => api.Client.SendAsync(request, TestContext.Current.CancellationToken));
        Assert.Throws<CiamTokenException>(() => api.Client.Send(again, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<CiamTokenException>(() => selecting.GetAsync());

        Assert.Equal(scope, Assert.IsType<CiamTokenError.InvalidScope>(thrown.Error).RequestedScope);
        Assert.Equal(0, api.Host.TokenRequests + selecting.Host.TokenRequests);
        Assert.Empty(api.Received.Concat(selecting.Received));
    }

    [Fact]
    public async Task A_scope_may_be_chosen_on_a_handler_created_with_one_provider()
    {
        using var host = new CiamHost();
        using var invoker = new HttpMessageInvoker(new CiamBearerTokenHandler(host.Tokens)
        {
            InnerHandler = host.Portal.CreateHandler(),
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://ciam.test/oauth2/jwks").UseCiamScope("orders.read");

        (await invoker.SendAsync(request, TestContext.Current.CancellationToken)).Dispose();

        Assert.Equal((await host.TokenAsync("orders.read")).Value, request.Headers.Authorization!.Parameter);
    }

    [Fact]
    public async Task What_SelectScope_throws_reaches_the_caller_and_nothing_is_sent()
    {
        using var api = new ChoiceApi(options => options.SelectScope = _ => throw new NotSupportedException("no scope"));

        await Assert.ThrowsAsync<NotSupportedException>(() => api.SendAsync());
        Assert.Throws<NotSupportedException>(() => api.Send());

        Assert.Empty(api.Received);
    }
}
