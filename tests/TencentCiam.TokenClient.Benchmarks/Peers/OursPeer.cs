using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>This library, with its handler on a bare HttpMessageInvoker.</summary>
internal sealed class OursPeer : HandlerPeer
{
    private readonly ServiceProvider _services;
    private readonly CiamTokenClient _client;
    private readonly HttpClient _tokenHttpClient;

    public OursPeer(InMemoryEnvironment environment)
        : this(Services(environment).BuildServiceProvider(), environment.Resource)
    {
    }

    private OursPeer(ServiceProvider services, HttpMessageHandler resource)
        : base(Handler(services), resource)
    {
        _services = services;
        _client = services.GetRequiredService<CiamTokenClient>();
        _tokenHttpClient = TokenHttpClientOf(services);
    }

    /// <summary>The same with the option KeepWarm.</summary>
    public static OursPeer KeptWarm(InMemoryEnvironment environment)
        => new(
            Services(environment).Configure<CiamClientCredentialsOptions>(options => options.KeepWarm = true).BuildServiceProvider(),
            environment.Resource);

    public static IServiceCollection Services(InMemoryEnvironment environment)
    {
        var services = new ServiceCollection();
        services.AddSingleton(environment.Clock);
        services.AddCiamClientCredentials(options =>
            {
                options.Authority = InMemoryEnvironment.Authority;
                options.ClientId = Application.ClientId;
                options.ClientSecret = Application.ClientSecret;
            })
            .ConfigurePrimaryHttpMessageHandler(() => environment.TokenHandler);
        return services;
    }

    public override HttpClient TokenHttpClient => _tokenHttpClient;

    /// <summary>The token endpoint's HttpClient from the factory, with the handlers that the factory adds.</summary>
    public static HttpClient TokenHttpClientOf(IServiceProvider services)
        => services.GetRequiredService<IHttpClientFactory>().CreateClient("TencentCiam.TokenClient");

    public override async Task AcquireAsync()
        => (await _client.RequestTokenAsync().ConfigureAwait(false)).GetTokenOrThrow();

    public override void Dispose()
    {
        base.Dispose();
        _services.Dispose();
    }

    private static CiamBearerTokenHandler Handler(ServiceProvider services)
        => new(
            services.GetRequiredService<ICiamTokenProvider>(),
            new CiamBearerTokenHandlerOptions { AllowedOrigins = { InMemoryEnvironment.ResourceAddress } });
}
