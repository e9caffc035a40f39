using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>This library as most use it: on an HttpClient of the factory, and a token through the cache.</summary>
internal sealed class OursWithFactoryPeer : Peer
{
    private readonly ServiceProvider _services;
    private readonly HttpClient _calls;
    private readonly HttpClient _baseline;
    private readonly ICiamTokenProvider _tokens;
    private readonly InMemoryTokenEndpoint _endpoint;

    public OursWithFactoryPeer(InMemoryEnvironment environment)
    {
        var services = OursPeer.Services(environment);
        services.AddHttpClient("orders", client => client.BaseAddress = InMemoryEnvironment.ResourceAddress)
            .ConfigurePrimaryHttpMessageHandler(() => environment.Resource)
            .AddCiamClientCredentialsHandler();
        services.AddHttpClient("floor", client => client.BaseAddress = InMemoryEnvironment.ResourceAddress)
            .ConfigurePrimaryHttpMessageHandler(() => environment.Resource)
            .AddHttpMessageHandler(() => new ConstantHeaderHandler());
        _services = services.BuildServiceProvider();
        _endpoint = environment.Endpoint;
        _tokens = _services.GetRequiredService<ICiamTokenProvider>();
        _calls = _services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        _baseline = _services.GetRequiredService<IHttpClientFactory>().CreateClient("floor");
    }

    public override HttpClient TokenHttpClient => OursPeer.TokenHttpClientOf(_services);

    public override Task CallAsync() => _calls.SendAsync(NewCall(), HttpCompletionOption.ResponseHeadersRead);

    public override Task CallBaselineAsync() => _baseline.SendAsync(NewCall(), HttpCompletionOption.ResponseHeadersRead);

    // A token without a life serves whoever waited for it and is not kept: each call finds a cold cache.
    public override async Task AcquireAsync()
    {
        if (_endpoint.Lifetime != TimeSpan.Zero)
        {
            _endpoint.Lifetime = TimeSpan.Zero;
        }

        await _tokens.GetTokenAsync().ConfigureAwait(false);
    }

    public override void Dispose() => _services.Dispose();
}
