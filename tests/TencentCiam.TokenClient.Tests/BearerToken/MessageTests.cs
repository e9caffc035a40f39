namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>What the handler's exceptions say, to the letter: they are what somebody reads whose calls fail.</summary>
public sealed class MessageTests
{
    [Fact]
    public async Task Plain_http_to_another_machine()
        => Assert.Equal(
            "The request to http://orders.example.com was not sent: a bearer token can be intercepted over plain HTTP. Use https, or "
            + "set CiamBearerTokenHandlerOptions.AllowInsecureHttp if the connection is secured by other means.",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => SendAsync("http://orders.example.com/"))).Message);

    [Theory]
    [InlineData("http://orders.example.com:8080/1", "http://orders.example.com:8080")]
    [InlineData("http://[2001:db8::1]/1", "http://[2001:db8::1]")]
    [InlineData("http://[2001:db8::1]:8080/1", "http://[2001:db8::1]:8080")]
    public async Task The_machine_is_named_by_its_origin(string address, string origin)
        => Assert.StartsWith(
            $"The request to {origin} was not sent: ",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => SendAsync(address))).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task Plain_http_through_a_proxy()
        => Assert.Equal(
            "The request to http://127.0.0.1 was not sent: the HttpClient would send it to a proxy over plain HTTP, where a bearer token "
            + "can be intercepted. Exclude this host from the proxy (NO_PROXY), use https, or set "
            + "CiamBearerTokenHandlerOptions.AllowInsecureHttp if the connection is secured by other means.",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => SendAsync("http://127.0.0.1/"))).Message);

    [Fact]
    public async Task A_client_that_a_handler_created_by_hand_cannot_find()
        => Assert.Equal(
            "The request chose the CIAM client \"europe\", but its CiamBearerTokenHandler was created with one token provider. Add the "
            + "handler with AddCiamClientCredentialsHandler(), which finds clients by name.",
            (await Assert.ThrowsAsync<InvalidOperationException>(
                () => SendAsync("https://orders.example.com/", request => request.UseCiamClient("europe")))).Message);

    // It may come from a request, and a message ends up in logs.
    [Fact]
    public async Task A_clients_name_with_control_characters()
    {
        using var host = new CiamHost();

        var own = await Assert.ThrowsAsync<InvalidOperationException>(
            () => SendAsync("https://orders.example.com/", request => request.UseCiamClient("eu\r\nrope")));
        var unknown = Assert.Throws<InvalidOperationException>(
            () => host.Services.GetRequiredService<ICiamTokenProviderFactory>().GetProvider("eu\r\nrope"));

        Assert.All([own, unknown], thrown => Assert.DoesNotContain(thrown.Message, char.IsControl));
    }

    [Fact]
    public void A_malformed_scope()
    {
        using var host = new CiamHost();

        var thrown = Assert.Throws<ArgumentException>(
            () => new CiamBearerTokenHandler(host.Tokens, new CiamBearerTokenHandlerOptions { Scope = "orders\"read" }));

        Assert.StartsWith("Scope is malformed: ", thrown.Message, StringComparison.Ordinal);
    }

    private static async Task SendAsync(string address, Action<HttpRequestMessage>? configure = null)
    {
        using var host = new CiamHost();
        await host.TokenAsync();
        using var handler = new CiamBearerTokenHandler(host.Tokens)
        {
            InnerHandler = new SocketsHttpHandler { Proxy = new System.Net.WebProxy("http://proxy.test:3128") },
        };
        using var invoker = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        configure?.Invoke(request);
        using var response = await invoker.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
