using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.Benchmarks.World;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>This library as most use it: on an HttpClient of the factory, and a token through the cache.</summary>
internal sealed class OursByFactoryPeer : Peer
{
    private readonly ServiceProvider _services;
    private readonly HttpClient _calls;
    private readonly HttpClient _floor;
    private readonly ICiamTokenProvider _tokens;
    private readonly InMemoryTokenEndpoint _endpoint;

    public OursByFactoryPeer(Surroundings surroundings)
    {
        var services = OursPeer.Services(surroundings);
        services.AddHttpClient("orders", client => client.BaseAddress = Surroundings.ResourceAddress)
            .ConfigurePrimaryHttpMessageHandler(() => surroundings.Resource)
            .AddCiamClientCredentialsHandler();
        services.AddHttpClient("floor", client => client.BaseAddress = Surroundings.ResourceAddress)
            .ConfigurePrimaryHttpMessageHandler(() => surroundings.Resource)
            .AddHttpMessageHandler(() => new ReadyMadeHeaderHandler());
        _services = services.BuildServiceProvider();
        _endpoint = surroundings.Endpoint;
        _tokens = _services.GetRequiredService<ICiamTokenProvider>();
        _calls = _services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        _floor = _services.GetRequiredService<IHttpClientFactory>().CreateClient("floor");
    }

    public override HttpClient TokenHttpClient => OursPeer.TokenHttpClientOf(_services);

    public override Task CallAsync() => _calls.SendAsync(NewCall(), HttpCompletionOption.ResponseHeadersRead);

    public override Task CallFloorAsync() => _floor.SendAsync(NewCall(), HttpCompletionOption.ResponseHeadersRead);

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
