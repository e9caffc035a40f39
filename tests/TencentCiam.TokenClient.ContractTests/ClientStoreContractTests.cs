using Microsoft.Extensions.DependencyInjection;

namespace TencentCiam.TokenClient.ContractTests;

/// <summary>The public contract of clients that are known only at run time, and of the choice that each request makes.</summary>
public sealed class ClientStoreContractTests
{
    [Fact]
    public async Task A_store_is_registered_with_one_call_and_its_clients_come_from_the_factory()
    {
        var services = new ServiceCollection();
        ICiamClientCredentialsBuilder builder = services.AddCiamClientStore<EmptyStore>();
        using var provider = services.BuildServiceProvider();
        ICiamTokenProviderFactory factory = provider.GetRequiredService<ICiamTokenProviderFactory>();

        ICiamTokenProvider tokens = factory.GetProvider("tenant");

        IHttpClientBuilder tokenEndpoint = builder;
        Assert.NotEmpty(tokenEndpoint.Name);
        Assert.Same(factory, provider.GetRequiredService<ICiamTokenProviderFactory>());
        var thrown = await Assert.ThrowsAsync<CiamTokenException>(
            () => tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());
        Assert.IsType<CiamTokenError.ClientNotConfigured>(thrown.Error);
    }

    [Fact]
    public void The_factory_throws_InvalidOperationException_for_a_name_that_nobody_can_have()
    {
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(options => options.ClientId = "id");
        using var provider = services.BuildServiceProvider();
        var factory = provider.GetRequiredService<ICiamTokenProviderFactory>();

        Assert.Throws<InvalidOperationException>(() => factory.GetProvider("tenant"));
        Assert.Throws<ArgumentNullException>(() => factory.GetProvider(null!));
    }

    [Fact]
    public void The_token_provider_factory_can_be_faked()
    {
        ICiamTokenProviderFactory factory = new EmptyFactory();

        Assert.Throws<InvalidOperationException>(() => factory.GetProvider(""));
    }

    [Fact]
    public void A_request_chooses_its_client_and_scope_in_one_expression()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://orders.example.com");

        HttpRequestMessage chosen = request.UseCiamClient("tenant-42").UseCiamScope("orders.write").WithoutCiamToken();

        Assert.Same(request, chosen);
        Assert.Throws<ArgumentNullException>(() => request.UseCiamClient(null!));
        Assert.Throws<ArgumentNullException>(() => request.UseCiamScope(null!));
        Assert.Throws<ArgumentNullException>(() => default(HttpRequestMessage)!.WithoutCiamToken());
    }

    [Fact]
    public void The_handler_options_choose_by_request()
    {
        var options = new CiamBearerTokenHandlerOptions
        {
            ReplaceAuthorization = true,
            SelectClient = request => request.RequestUri?.Host,
            SelectScope = _ => null,
        };
        Func<HttpRequestMessage, string?>? selectClient = options.SelectClient;
        Func<HttpRequestMessage, string?>? selectScope = options.SelectScope;
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://orders.example.com");

        Assert.True(options.ReplaceAuthorization);
        Assert.Equal("orders.example.com", selectClient(request));
        Assert.Null(selectScope(request));
    }

    private sealed class EmptyStore : ICiamClientStore
    {
        public ValueTask<CiamClientCredentialsOptions?> FindAsync(string name, CancellationToken cancellationToken) => default;
    }

    private sealed class EmptyFactory : ICiamTokenProviderFactory
    {
        public ICiamTokenProvider GetProvider(string name) => throw new InvalidOperationException(name);
    }
}
