using Microsoft.Extensions.Logging.Abstractions;
using TencentCiam.TokenClient.BearerToken;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>What a call costs that has a fresh token and is accepted: nearly all of them.</summary>
public sealed class CostTests : IDisposable
{
    private readonly CiamHost _host = new();
    private readonly RespondsAtOnce _api = new();
    private readonly HttpRequestMessage _request = new(HttpMethod.Get, "https://orders.example.com/1");

    [Fact]
    public async Task Attaching_a_fresh_token_allocates_nothing()
    {
        await _host.TokenAsync();
        using var invoker = new HttpMessageInvoker(new CiamBearerTokenHandler(_host.Tokens) { InnerHandler = _api });
        Send(invoker);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Send(invoker);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.NotNull(_api.LastAuthorization);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_accepted_request_asks_for_one_token(bool synchronously)
    {
        var tokens = new ChoiceApi.FakeTokens("own");
        using var invoker = new HttpMessageInvoker(new CiamBearerTokenHandler(tokens) { InnerHandler = _api });

        _ = synchronously
            ? invoker.Send(_request, TestContext.Current.CancellationToken)
            : await invoker.SendAsync(_request, TestContext.Current.CancellationToken);

        Assert.Equal(1, tokens.Lookups);
    }

    [Fact]
    public void The_handlers_own_client_is_found_once()
    {
        var providers = new Providers();
        var options = new CiamBearerTokenHandlerOptions();
        var setup = new HandlerSetup("europe", providers, options, new TokenDestinations(
            options, RegisteredBaseAddress.None, new(), NullLogger.Instance, ""));

        Assert.Same(setup.Choose(_request).Provider, setup.Choose(_request).Provider);

        Assert.Equal(["europe"], providers.Found);
    }

    [Theory]
    [InlineData("orders/1")]
    [InlineData(null)]
    public async Task A_request_without_an_absolute_address_asks_for_none(string? address)
    {
        var tokens = new ChoiceApi.FakeTokens("own");
        using var invoker = new HttpMessageInvoker(new CiamBearerTokenHandler(tokens) { InnerHandler = _api });
        using var request = new HttpRequestMessage(HttpMethod.Get, address);

        await invoker.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(0, tokens.Lookups);
        Assert.Null(_api.LastAuthorization);
    }

    public void Dispose()
    {
        _request.Dispose();
        _api.Dispose();
        _host.Dispose();
    }

    private void Send(HttpMessageInvoker invoker)
    {
        _ = invoker.SendAsync(_request, TestContext.Current.CancellationToken);
        _ = invoker.Send(_request, TestContext.Current.CancellationToken);
    }

    private sealed class Providers : ICiamTokenProviderFactory
    {
        public List<string> Found { get; } = [];

        public ICiamTokenProvider GetProvider(string name)
        {
            Found.Add(name);
            return new ChoiceApi.FakeTokens(name);
        }
    }
}
