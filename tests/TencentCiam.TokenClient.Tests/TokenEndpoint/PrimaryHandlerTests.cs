using System.Net;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Tests.HostilePortal;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>The token endpoint's primary handler: the library's own, an inherited one, or one of the token endpoint's builder.</summary>
public sealed class PrimaryHandlerTests : IDisposable
{
    private readonly ServiceCollection _services = new();
    private readonly LogCollector _logs = new();

    public static TheoryData<Func<HttpMessageHandler>> UnsuitableHandlers { get; } = new()
    {
        () => new SocketsHttpHandler(),
        () => new SocketsHttpHandler { AllowAutoRedirect = false },
        () => new SocketsHttpHandler { UseCookies = false },
        () => new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.GZip,
        },
        () => new HttpClientHandler(),
        () => new HttpClientHandler
        {
            AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.GZip,
        },
        () => new Wrapper(new SocketsHttpHandler()),
    };

    public static TheoryData<Func<HttpMessageHandler>> SuitableHandlers { get; } = new()
    {
        () => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false },
        () => new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false },
        () => new Wrapper(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }),
        () => new Unknown(),
    };

    [Theory]
    [MemberData(nameof(UnsuitableHandlers))]
    public void An_inherited_handler_that_is_not_suitable_is_neither_changed_nor_used(Func<HttpMessageHandler> create)
    {
        using var inherited = create();
        var before = Settings(inherited);
        _services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => inherited));

        using var provider = Register();

        var used = BuildPrimaryHandler(provider);
        Assert.NotSame(Innermost(inherited), Innermost(used));
        Assert.Equal((false, false, DecompressionMethods.None), Settings(used));
        Assert.Equal(before, Settings(inherited));
    }

    [Fact]
    public void One_warning_says_that_an_inherited_handler_is_not_used_and_what_to_do()
    {
        _services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler()));
        using var provider = Register("partners");

        BuildPrimaryHandler(provider, "partners");
        BuildPrimaryHandler(provider, "partners");

        var warning = Assert.Single(_logs.Named("PrimaryHandlerNotUsed"));
        Assert.Equal((14, LogLevel.Warning, "TencentCiam.TokenClient"), (warning.Id, warning.Level, warning.Category));
        Assert.Contains("partners", warning.Message, StringComparison.Ordinal);
        Assert.Contains("the builder that AddCiamClientCredentials returns", warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(SuitableHandlers))]
    public void An_inherited_handler_that_is_suitable_or_of_an_unknown_kind_is_used(Func<HttpMessageHandler> create)
    {
        using var inherited = create();
        _services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => inherited));

        using var provider = Register();

        Assert.Same(Innermost(inherited), Innermost(BuildPrimaryHandler(provider)));
        Assert.Empty(_logs.Named("PrimaryHandlerNotUsed"));
    }

    [Fact]
    public void Inherited_settings_of_the_librarys_own_handler_are_kept()
    {
        _services.ConfigureHttpClientDefaults(http => http.UseSocketsHttpHandler(
            (handler, _) => (handler.ConnectTimeout, handler.AllowAutoRedirect) = (TimeSpan.FromSeconds(3), true)));

        using var provider = Register();

        var used = Assert.IsType<SocketsHttpHandler>(Innermost(BuildPrimaryHandler(provider)));
        Assert.Equal((TimeSpan.FromSeconds(3), false), (used.ConnectTimeout, used.AllowAutoRedirect));
        Assert.Empty(_logs.Named("PrimaryHandlerNotUsed"));
    }

    [Fact]
    public void A_handler_of_the_token_endpoints_builder_replaces_an_inherited_one_without_a_warning()
    {
        using var own = new SocketsHttpHandler();
        _services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler()));

        using var provider = Register(configure: http => http.ConfigurePrimaryHttpMessageHandler(() => own));

        Assert.Same(own, Innermost(BuildPrimaryHandler(provider)));
        Assert.Equal((false, false, DecompressionMethods.None), Settings(own));
        Assert.Empty(_logs.Named("PrimaryHandlerNotUsed"));
    }

    [Fact]
    public void Settings_of_the_token_endpoints_builder_do_not_reach_an_inherited_handler_that_is_not_suitable()
    {
        using var inherited = new SocketsHttpHandler();
        _services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => inherited));

        using var provider = Register(configure: http => http.UseSocketsHttpHandler(
            (handler, _) => handler.ConnectTimeout = TimeSpan.FromSeconds(3)));

        var used = Assert.IsType<SocketsHttpHandler>(Innermost(BuildPrimaryHandler(provider)));
        Assert.Equal(TimeSpan.FromSeconds(3), used.ConnectTimeout);
        Assert.NotEqual(TimeSpan.FromSeconds(3), inherited.ConnectTimeout);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_another_HttpClient_has_used_does_not_fail_the_token_endpoint(bool isInherited)
    {
        await using var portal = HostileServer.Responding(HostileServer.Response(200, """{"access_token":"t","token_type":"Bearer"}"""));
        using var shared = new SocketsHttpHandler();
        using var invoker = new HttpMessageInvoker(shared, disposeHandler: false);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1:9/");
        await Assert.ThrowsAsync<HttpRequestException>(() => invoker.SendAsync(request, TestContext.Current.CancellationToken));

        await using var client = new PortalClient(portal, http =>
        {
            _ = isInherited
                ? http.Services.ConfigureHttpClientDefaults(all => all.ConfigurePrimaryHttpMessageHandler(() => shared))
                : http.ConfigurePrimaryHttpMessageHandler(() => shared).Services;
        });

        Assert.IsType<CiamTokenResult.Success>(await client.ResultAsync());
        Assert.Single(client.Logs.Named("PrimaryHandlerNotUsed"));
        Assert.True(shared.AllowAutoRedirect);
    }

    [Fact]
    public void Inherited_settings_do_not_weaken_the_librarys_own_handler_that_takes_the_place_of_a_used_one()
    {
        using var used = new SocketsHttpHandler();
        using var invoker = new HttpMessageInvoker(used, disposeHandler: false);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1:9/");
        Assert.Throws<HttpRequestException>(() => invoker.Send(request, TestContext.Current.CancellationToken));
        _services.ConfigureHttpClientDefaults(http => http.UseSocketsHttpHandler((handler, _) => handler.AllowAutoRedirect = true));

        using var provider = Register(configure: http => http.ConfigurePrimaryHttpMessageHandler(() => used));

        Assert.Equal((false, false, DecompressionMethods.None), Settings(BuildPrimaryHandler(provider)));
    }

    // The factory keeps the exception of a failed creation forever.
    [Fact]
    public void A_logger_that_throws_does_not_fail_the_HttpClient()
    {
        _services.AddLogging(logging => logging.AddProvider(new Throws()));
        _services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler()));
        using var provider = Register();

        Assert.Equal((false, false, DecompressionMethods.None), Settings(BuildPrimaryHandler(provider)));
    }

    public void Dispose() => _logs.Dispose();

    private ServiceProvider Register(string name = "", Action<ICiamClientCredentialsBuilder>? configure = null)
    {
        _services.AddLogging(logging => logging.AddProvider(_logs));
        var builder = name.Length == 0
            ? _services.AddCiamClientCredentials(_ => { })
            : _services.AddCiamClientCredentials(name, _ => { });
        configure?.Invoke(builder);
        return _services.BuildServiceProvider();
    }

    // As the factory does every few minutes.
    private static HttpMessageHandler BuildPrimaryHandler(ServiceProvider provider, string name = "")
    {
        var builder = provider.GetRequiredService<HttpMessageHandlerBuilder>();
        builder.Name = name.Length == 0 ? "TencentCiam.TokenClient" : $"TencentCiam.TokenClient:{name}";
        var options = provider.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>().Get(builder.Name);
        foreach (var action in options.HttpMessageHandlerBuilderActions)
        {
            action(builder);
        }

        return builder.PrimaryHandler;
    }

    private static HttpMessageHandler Innermost(HttpMessageHandler handler)
        => handler is DelegatingHandler outer ? Innermost(outer.InnerHandler!) : handler;

    private static (bool Redirects, bool Cookies, DecompressionMethods Decompression) Settings(HttpMessageHandler handler)
        => Innermost(handler) switch
        {
            SocketsHttpHandler sockets => (sockets.AllowAutoRedirect, sockets.UseCookies, sockets.AutomaticDecompression),
            HttpClientHandler client => (client.AllowAutoRedirect, client.UseCookies, client.AutomaticDecompression),
            _ => throw new InvalidOperationException("another handler"),
        };

    private sealed class Wrapper(HttpMessageHandler inner) : DelegatingHandler(inner);

    private sealed class Unknown : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => throw new NotSupportedException();
    }

    private sealed class Throws : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => throw new IOException("The disk is full.");

        public void Dispose()
        {
        }
    }
}
