using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>This library as most users set it up: on an HttpClient from IHttpClientFactory. It acquires tokens through the cache.</summary>
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
        services.AddHttpClient("baseline", client => client.BaseAddress = InMemoryEnvironment.ResourceAddress)
            .ConfigurePrimaryHttpMessageHandler(() => environment.Resource)
            .AddHttpMessageHandler(() => new ConstantHeaderHandler());
        _services = services.BuildServiceProvider();
        _endpoint = environment.Endpoint;
        _tokens = _services.GetRequiredService<ICiamTokenProvider>();
        _calls = _services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        _baseline = _services.GetRequiredService<IHttpClientFactory>().CreateClient("baseline");
    }

    public override HttpClient TokenHttpClient => OursPeer.TokenHttpClientOf(_services);

    public override Task CallAsync() => _calls.SendAsync(NewCall(), HttpCompletionOption.ResponseHeadersRead);

    public override void Call() => _calls.Send(NewCall(), HttpCompletionOption.ResponseHeadersRead);

    public override Task CallBaselineAsync() => _baseline.SendAsync(NewCall(), HttpCompletionOption.ResponseHeadersRead);

    // A token with a lifetime of zero is returned to the waiting caller and not cached, so each call finds an empty cache.
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
