using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace TencentCiam.TokenClient.Tests.DependencyInjection;

/// <summary>A mistake in a handler's options stops the host's start and does not wait for the first request.</summary>
public sealed class HandlerValidationTests
{
    [Theory]
    [InlineData("a  b", null, "Scope")]
    [InlineData(null, "/relative", "\"/relative\"")]
    public async Task A_malformed_scope_or_origin_stops_the_start_and_the_message_names_the_HttpClient(
        string? scope,
        string? origin,
        string fault)
    {
        var message = await FailureAsync(services =>
        {
            AddClient(services);
            services.AddHttpClient("orders").AddCiamClientCredentialsHandler(options =>
            {
                options.Scope = scope;
                AddOrigin(options, origin);
            });
        });

        Assert.Contains("\"orders\"", message, StringComparison.Ordinal);
        Assert.Contains(fault, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("europe", "AddCiamClientCredentials(\"europe\")")]
    [InlineData("", "AddCiamClientCredentials()")]
    public async Task A_client_that_is_not_registered_stops_the_start_when_there_is_no_store(string client, string remedy)
    {
        var message = await FailureAsync(services =>
        {
            services.AddCiamClientCredentials("asia", Configure);
            AddHandler(services, client);
        });

        Assert.Contains("\"orders\"", message, StringComparison.Ordinal);
        Assert.Contains(remedy, message, StringComparison.Ordinal);
        Assert.Contains("Registered: \"asia\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_faults_of_a_handler_are_in_one_message()
    {
        var message = await FailureAsync(services => services.AddHttpClient("orders").AddCiamClientCredentialsHandler(
            "europe",
            options =>
            {
                options.Scope = "a  b";
                AddOrigin(options, "/one");
                AddOrigin(options, "/two");
            }));

        Assert.All(
            ["Scope is malformed", "\"/one\"", "\"/two\"", "\"europe\", which is not registered"],
            fault => Assert.Contains(fault, message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_faults_of_several_HttpClients_are_reported_together()
    {
        var message = await FailureAsync(services =>
        {
            AddClient(services);
            services.AddHttpClient("orders").AddCiamClientCredentialsHandler(options => options.Scope = "a  b");
            services.AddHttpClient("invoices").AddCiamClientCredentialsHandler("europe");
        });

        Assert.Contains("\"orders\"", message, StringComparison.Ordinal);
        Assert.Contains("\"invoices\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_handler_of_an_HttpClient_is_validated()
    {
        var message = await FailureAsync(services =>
        {
            AddClient(services);
            services.AddHttpClient("orders")
                .AddCiamClientCredentialsHandler(options => options.Scope = "fine")
                .AddCiamClientCredentialsHandler(options => options.Scope = "a  b");
        });

        Assert.Contains("Scope is malformed", message, StringComparison.Ordinal);
    }

    [Fact]
    public Task A_name_that_the_store_may_have_does_not_stop_the_start()
        => StartsAsync(services =>
        {
            services.AddCiamClientStore<EmptyStore>();
            AddHandler(services, "europe");
            services.AddHttpClient("invoices").AddCiamClientCredentialsHandler();
        });

    [Fact]
    public Task A_store_that_is_registered_after_the_handler_counts_too()
        => StartsAsync(services =>
        {
            AddHandler(services, "europe");
            services.AddCiamClientStore<EmptyStore>();
        });

    [Fact]
    public Task A_handler_that_selects_its_client_needs_none_of_its_own()
        => StartsAsync(services => services.AddHttpClient("orders")
            .AddCiamClientCredentialsHandler(options => options.SelectClient = _ => "europe"));

    [Fact]
    public Task A_fake_provider_counts_as_a_registered_client()
        => StartsAsync(services =>
        {
            services.AddKeyedSingleton<ICiamTokenProvider>("europe", new FakeTokens());
            AddHandler(services, "europe");
        });

    [Fact]
    public Task A_client_that_is_registered_after_the_handler_does_not_stop_the_start()
        => StartsAsync(services =>
        {
            AddHandler(services, "europe");
            services.AddCiamClientCredentials("europe", Configure);
        });

    [Fact]
    public void Without_a_host_a_client_that_is_not_registered_throws_when_the_HttpClient_is_created()
    {
        var services = new ServiceCollection();
        AddHandler(services, "europe");
        using var provider = services.BuildServiceProvider();
        var factory = provider.GetRequiredService<IHttpClientFactory>();

        var thrown = Assert.Throws<InvalidOperationException>(() => factory.CreateClient("orders"));

        Assert.Contains("\"europe\"", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_host_a_malformed_option_throws_at_the_first_request()
    {
        var services = new ServiceCollection();
        AddClient(services);
        services.AddHttpClient("orders").AddCiamClientCredentialsHandler(options => options.Scope = "a  b");
        using var provider = services.BuildServiceProvider();
        using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

        await Assert.ThrowsAsync<ArgumentException>(
            () => client.GetAsync(new Uri("https://orders.example.com"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("europe")]
    public void Options_can_be_set_with_services_and_follow_in_the_order_of_the_calls(string? name)
    {
        var services = new ServiceCollection();
        services.AddSingleton(new Vault("from the vault"));
        if (name is null)
        {
            services.AddCiamClientCredentials(options => options.ClientId = "id");
            services.AddCiamClientCredentials(SetSecret);
        }
        else
        {
            services.AddCiamClientCredentials(name, options => options.ClientId = "id");
            services.AddCiamClientCredentials(name, SetSecret);
        }

        services.PostConfigureAll<CiamClientCredentialsOptions>(options => options.Authority = new("https://ciam.example.com"));
        using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptionsMonitor<CiamClientCredentialsOptions>>().Get(name);

        Assert.Equal("id/from the vault", options.ClientSecret);

        static void SetSecret(IServiceProvider provider, CiamClientCredentialsOptions options)
            => options.ClientSecret = $"{options.ClientId}/{provider.GetRequiredService<Vault>().Secret}";
    }

    [Fact]
    public void Each_overload_that_sets_options_rejects_null()
    {
        var services = new ServiceCollection();

        Assert.Throws<ArgumentNullException>(
            () => services.AddCiamClientCredentials((Action<IServiceProvider, CiamClientCredentialsOptions>)null!));
        Assert.Throws<ArgumentNullException>(
            () => services.AddCiamClientCredentials("name", (Action<IServiceProvider, CiamClientCredentialsOptions>)null!));
        Assert.Throws<ArgumentException>(() => services.AddCiamClientCredentials("", (_, _) => { }));
    }

    private static async Task<string> FailureAsync(Action<IServiceCollection> configure)
    {
        using var host = Host(configure);

        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync(TestContext.Current.CancellationToken));

        IEnumerable<Exception> faults = thrown is AggregateException several ? several.InnerExceptions : [thrown];
        return string.Join("\n", faults.Select(fault => Assert.IsType<OptionsValidationException>(fault).Message));
    }

    private static async Task StartsAsync(Action<IServiceCollection> configure)
    {
        using var host = Host(configure);

        await host.StartAsync(TestContext.Current.CancellationToken);
        using var client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    private static IHost Host(Action<IServiceCollection> configure)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        configure(builder.Services);
        return builder.Build();
    }

    private static void AddClient(IServiceCollection services) => services.AddCiamClientCredentials(Configure);

    private static void AddHandler(IServiceCollection services, string client)
    {
        var builder = services.AddHttpClient("orders");
        _ = client.Length == 0 ? builder.AddCiamClientCredentialsHandler() : builder.AddCiamClientCredentialsHandler(client);
    }

    private static void AddOrigin(CiamBearerTokenHandlerOptions options, string? origin)
    {
        if (origin is not null)
        {
            options.AllowedOrigins.Add(new Uri(origin, UriKind.Relative));
        }
    }

    private static void Configure(CiamClientCredentialsOptions options)
    {
        options.Authority = new Uri("https://ciam.example.com");
        options.ClientId = "id";
        options.ClientSecret = "unused";
    }

    private sealed record Vault(string Secret);

    private sealed class EmptyStore : ICiamClientStore
    {
        public ValueTask<CiamClientCredentialsOptions?> FindAsync(string name, CancellationToken cancellationToken) => default;
    }

    private sealed class FakeTokens : ICiamTokenProvider
    {
        public ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
            => throw new NotSupportedException();

        public void Invalidate(CiamAccessToken token)
        {
        }
    }
}
