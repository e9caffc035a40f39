using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.DependencyInjection;

public sealed class RegistrationTests
{
    [Fact]
    public void The_unnamed_client_is_resolved_without_a_key()
    {
        using var host = new CiamHost();

        Assert.Same(host.Services.GetService<ICiamTokenProvider>(), host.Services.GetService<ICiamTokenProvider>());
        Assert.NotNull(host.Services.GetService<CiamTokenClient>());
        Assert.NotSame(host.Services.GetService<CiamTokenClient>(), host.Services.GetService<CiamTokenClient>());
    }

    [Fact]
    public async Task Named_clients_are_keyed_services_and_share_nothing()
    {
        using var one = new CiamPortalEmulator(new Uri("https://one.test"), signingKey: CiamHost.SigningKey);
        using var two = new CiamPortalEmulator(new Uri("https://two.test"), signingKey: CiamHost.SigningKey);
        var services = new ServiceCollection();
        services.AddCiamClientCredentials("one", _ => { }).UseEmulator(one);
        services.AddCiamClientCredentials("two", _ => { }).UseEmulator(two);
        using var provider = services.BuildServiceProvider();

        var ofOne = await TokenAsync(provider, "one");
        var ofTwo = await TokenAsync(provider, "two");

        Assert.True(one.IsActive(ofOne.Value));
        Assert.True(two.IsActive(ofTwo.Value));
        Assert.Null(provider.GetService<ICiamTokenProvider>());
        Assert.NotNull(provider.GetKeyedService<CiamTokenClient>("one"));
        Assert.Single(one.Requests);
        Assert.Single(two.Requests);
    }

    [Fact]
    public async Task A_named_client_is_bound_from_the_section_with_its_name()
    {
        using var portal = new CiamPortalEmulator(new Uri("https://partners.test"), signingKey: CiamHost.SigningKey);
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(Configuration("Ciam:partners", portal));
        services.AddCiamClientCredentials("partners").ConfigurePrimaryHttpMessageHandler(portal.CreateHandler);
        using var provider = services.BuildServiceProvider();

        Assert.True(portal.IsActive((await TokenAsync(provider, "partners")).Value));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("named")]
    public async Task A_client_can_be_bound_from_a_section_with_any_name(string? name)
    {
        using var portal = new CiamPortalEmulator(signingKey: CiamHost.SigningKey);
        var section = Configuration("Elsewhere", portal).GetSection("Elsewhere");
        var services = new ServiceCollection();
        var builder = name is null
            ? services.AddCiamClientCredentials(section)
            : services.AddCiamClientCredentials(name, section);
        builder.ConfigurePrimaryHttpMessageHandler(portal.CreateHandler);
        using var provider = services.BuildServiceProvider();

        Assert.True(portal.IsActive((await TokenAsync(provider, name)).Value));
    }

    [Fact]
    public async Task Registering_twice_is_harmless()
    {
        using var portal = new CiamPortalEmulator(signingKey: CiamHost.SigningKey);
        portal.Application.Scopes = ["a", "b"];
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(options => options.Scope = "a").UseEmulator(portal);
        services.AddCiamClientCredentials(options => options.Scope = "b").UseEmulator(portal);
        using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true });

        var token = await TokenAsync(provider, null);

        Assert.Equal("b", token.Scope);
        Assert.Single(provider.GetServices<ICiamTokenProvider>());
        Assert.Single(portal.Requests);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("named")]
    public async Task Registering_again_keeps_the_token_endpoints_primary_handler(string? name)
    {
        using var portal = new CiamPortalEmulator(signingKey: CiamHost.SigningKey);
        var services = new ServiceCollection();
        Register().UseEmulator(portal);
        Register();
        using var provider = services.BuildServiceProvider();

        Assert.True(portal.IsActive((await TokenAsync(provider, name)).Value));

        ICiamClientCredentialsBuilder Register() => name is null
            ? services.AddCiamClientCredentials(_ => { })
            : services.AddCiamClientCredentials(name, _ => { });
    }

    [Fact]
    public async Task A_handler_for_a_named_client_attaches_that_clients_tokens()
    {
        using var one = new CiamPortalEmulator(new Uri("https://one.test"), signingKey: CiamHost.SigningKey);
        using var two = new CiamPortalEmulator(new Uri("https://two.test"), signingKey: CiamHost.SigningKey);
        string? sent = null;
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { }).UseEmulator(one);
        services.AddCiamClientCredentials("two", _ => { }).UseEmulator(two);
        services.AddHttpClient("api").AddCiamClientCredentialsHandler("two")
            .ConfigurePrimaryHttpMessageHandler(() => new Api(request => sent = request.Headers.Authorization!.Parameter));
        using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<IHttpClientFactory>().CreateClient("api")
            .GetAsync(new Uri("https://api.example.com"), TestContext.Current.CancellationToken);

        Assert.True(two.IsActive(sent!));
    }

    [Theory]
    [InlineData(null, "services.AddCiamClientCredentials().")]
    [InlineData("partners", "services.AddCiamClientCredentials(\"partners\").")]
    public void A_handler_for_an_unregistered_client_throws_and_says_what_to_call(string? name, string call)
    {
        var services = new ServiceCollection();
        var builder = services.AddHttpClient("api");
        _ = name is null ? builder.AddCiamClientCredentialsHandler() : builder.AddCiamClientCredentialsHandler(name);
        using var provider = services.BuildServiceProvider();

        var thrown = Assert.Throws<InvalidOperationException>(
            () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("api"));

        Assert.Contains("\"api\"", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(call, thrown.Message, StringComparison.Ordinal);
        Assert.Contains("No client is registered", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scope_passed_as_a_client_name_is_explained_with_the_registered_names()
    {
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { });
        services.AddCiamClientCredentials("partners", _ => { });
        services.AddHttpClient("api").AddCiamClientCredentialsHandler("orders.read");
        using var provider = services.BuildServiceProvider();

        var thrown = Assert.Throws<InvalidOperationException>(
            () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("api"));

        Assert.Contains("options => options.Scope = \"orders.read\"", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("Registered: the unnamed client, \"partners\".", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_handler_cannot_be_added_to_the_token_endpoints_own_HttpClient()
    {
        var services = new ServiceCollection();

        Assert.Throws<InvalidOperationException>(
            () => services.AddCiamClientCredentials().AddCiamClientCredentialsHandler());
        Assert.Throws<InvalidOperationException>(
            () => services.AddCiamClientCredentials("partners").AddCiamClientCredentialsHandler());
        Assert.Throws<InvalidOperationException>(
            () => services.ConfigureHttpClientDefaults(builder => builder.AddCiamClientCredentialsHandler()));
    }

    [Fact]
    public void Null_and_empty_arguments_are_rejected()
    {
        var services = new ServiceCollection();

        Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddCiamClientCredentials());
        Assert.Throws<ArgumentNullException>(() => services.AddCiamClientCredentials((IConfiguration)null!));
        Assert.Throws<ArgumentNullException>(
            () => services.AddCiamClientCredentials((Action<CiamClientCredentialsOptions>)null!));
        Assert.Throws<ArgumentException>(() => services.AddCiamClientCredentials(""));
        Assert.Throws<ArgumentException>(() => services.AddHttpClient("api").AddCiamClientCredentialsHandler(""));
    }

    [Fact]
    public void A_host_with_scope_and_build_validation_starts()
    {
        using var portal = new CiamPortalEmulator(signingKey: CiamHost.SigningKey);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Development" });
        builder.Services.AddCiamClientCredentials().UseEmulator(portal);
        builder.Services.AddHttpClient("api").AddCiamClientCredentialsHandler();
        using var host = builder.Build();

        host.Start();

        Assert.NotNull(host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api"));
    }

    [Fact]
    public void The_returned_builder_configures_the_token_endpoints_HttpClient()
    {
        using var portal = new CiamPortalEmulator(signingKey: CiamHost.SigningKey);
        var created = 0;
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { }).UseEmulator(portal)
            .AddHttpMessageHandler(() =>
            {
                created++;
                return new Passing();
            });
        using var provider = services.BuildServiceProvider();

        provider.GetRequiredService<CiamTokenClient>();

        Assert.Equal(1, created);
    }

    [Theory]
    [MemberData(nameof(PrimaryHandlers))]
    public void The_token_endpoints_connection_is_hardened_whatever_the_primary_handler(Func<HttpMessageHandler?> primary)
    {
        var services = new ServiceCollection();
        var builder = services.AddCiamClientCredentials(_ => { });
        if (primary() is { } handler)
        {
            builder.ConfigurePrimaryHttpMessageHandler(() => handler);
        }

        HttpMessageHandler? used = null;
        services.PostConfigureAll<HttpClientFactoryOptions>(
            options => options.HttpMessageHandlerBuilderActions.Add(handlers => used = handlers.PrimaryHandler));
        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IHttpClientFactory>().CreateClient("TencentCiam.TokenClient");

        var (redirects, cookies, decompression) = Innermost(used) switch
        {
            SocketsHttpHandler sockets => (sockets.AllowAutoRedirect, sockets.UseCookies, sockets.AutomaticDecompression),
            HttpClientHandler client => (client.AllowAutoRedirect, client.UseCookies, client.AutomaticDecompression),
            _ => throw new InvalidOperationException("another handler"),
        };
        Assert.False(redirects);
        Assert.False(cookies);
        Assert.Equal(System.Net.DecompressionMethods.None, decompression);
    }

    public static TheoryData<Func<HttpMessageHandler?>> PrimaryHandlers { get; } = new()
    {
        () => null,
        () => new SocketsHttpHandler { AutomaticDecompression = System.Net.DecompressionMethods.All },
        () => new HttpClientHandler { AutomaticDecompression = System.Net.DecompressionMethods.All },
    };

    [Fact]
    public void A_wrapped_primary_handler_is_also_hardened()
    {
        var inner = new HttpClientHandler();
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { })
            .ConfigurePrimaryHttpMessageHandler(() => new Wrapping(new Wrapping(inner)));
        using var provider = services.BuildServiceProvider();

        provider.GetRequiredService<IHttpClientFactory>().CreateClient("TencentCiam.TokenClient");

        Assert.False(inner.AllowAutoRedirect);
        Assert.False(inner.UseCookies);
    }

    [Fact]
    public async Task A_shared_primary_handler_that_is_already_hardened_is_left_alone()
    {
        using var shared = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        using var invoker = new HttpMessageInvoker(shared, disposeHandler: false);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1:9/");
        await Assert.ThrowsAsync<HttpRequestException>(
            () => invoker.SendAsync(request, TestContext.Current.CancellationToken));
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { }).ConfigurePrimaryHttpMessageHandler(() => new Wrapping(shared));
        using var provider = services.BuildServiceProvider();

        Assert.NotNull(provider.GetRequiredService<IHttpClientFactory>().CreateClient("TencentCiam.TokenClient"));
    }

    [Fact]
    public void A_DNS_change_of_the_portals_address_is_picked_up()
    {
        HttpMessageHandler? used = null;
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { }).SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        services.PostConfigureAll<HttpClientFactoryOptions>(
            options => options.HttpMessageHandlerBuilderActions.Add(handlers => used = handlers.PrimaryHandler));
        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IHttpClientFactory>().CreateClient("TencentCiam.TokenClient");

        Assert.InRange(Assert.IsType<SocketsHttpHandler>(Innermost(used)).PooledConnectionLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(15));
    }

    private static HttpMessageHandler? Innermost(HttpMessageHandler? handler)
        => handler is DelegatingHandler outer ? Innermost(outer.InnerHandler) : handler;

    private static IConfigurationRoot Configuration(string section, CiamPortalEmulator portal)
        => new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            [$"{section}:Authority"] = portal.Authority.OriginalString,
            [$"{section}:ClientId"] = portal.Application.ClientId,
            [$"{section}:ClientSecret"] = portal.Application.ClientSecret,
        }).Build();

    private static async Task<CiamAccessToken> TokenAsync(IServiceProvider services, string? name)
    {
        var provider = name is null
            ? services.GetRequiredService<ICiamTokenProvider>()
            : services.GetRequiredKeyedService<ICiamTokenProvider>(name);
        return await provider.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
    }

    private sealed class Passing : DelegatingHandler;

    private sealed class Wrapping(HttpMessageHandler inner) : DelegatingHandler(inner);

    private sealed class Api(Action<HttpRequestMessage> received) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            received(request);
            return Task.FromResult(new HttpResponseMessage());
        }
    }
}
