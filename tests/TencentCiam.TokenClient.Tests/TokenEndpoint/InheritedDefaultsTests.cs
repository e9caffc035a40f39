using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Compliance.Redaction;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Polly;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>What the token endpoint's HttpClient inherits from ConfigureHttpClientDefaults, as every Aspire project has it.</summary>
public sealed class InheritedDefaultsTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly CiamPortalEmulator _portal;
    private readonly ServiceCollection _services = new();
    private readonly List<AuthenticationHeaderValue?> _authorization = [];
    private ServiceProvider? _provider;
    private int _retries;

    public InheritedDefaultsTests()
    {
        _portal = new CiamPortalEmulator(timeProvider: _clock, signingKey: CiamHost.SigningKey);
        _services.ConfigureAll<HttpStandardResilienceOptions>(resilience =>
        {
            resilience.Retry.Delay = TimeSpan.Zero;
            resilience.Retry.OnRetry = _ =>
            {
                Interlocked.Increment(ref _retries);
                return default;
            };
        });
    }

    public static TheoryData<Action<IHttpClientBuilder>> Defaults { get; } = new()
    {
        http => http.AddStandardResilienceHandler(),
        http => http.AddStandardHedgingHandler(),
        http => http.AddResilienceHandler("own", pipeline => pipeline.AddRetry(
            new HttpRetryStrategyOptions { MaxRetryAttempts = 5, Delay = TimeSpan.Zero })),
        http => http.AddPolicyHandler(Policy.HandleResult<HttpResponseMessage>(response => !response.IsSuccessStatusCode).RetryAsync(5)),
        http => http.AddServiceDiscovery(),
        AddAspireDefaults,
    };

    [Theory]
    [MemberData(nameof(Defaults))]
    public async Task An_outage_costs_three_token_requests_and_ends_with_a_CiamTokenException(Action<IHttpClientBuilder> defaults)
    {
        _services.ConfigureHttpClientDefaults(defaults);
        _portal.Outage = CiamPortalFault.Respond(HttpStatusCode.ServiceUnavailable);

        var error = await ErrorAsync();

        Assert.Equal(CiamTokenErrorCodes.ServerUnavailable, error.Code);
        Assert.Equal((3, 0), (_portal.Requests.Count, _retries));
    }

    [Theory]
    [MemberData(nameof(Defaults))]
    public async Task A_wrong_secret_costs_one_token_request(Action<IHttpClientBuilder> defaults)
    {
        _services.ConfigureHttpClientDefaults(defaults);
        _portal.Application.ClientSecret = "rotated";

        // Not the secret that UseEmulator has read.
        var error = await ErrorAsync(options => options.ClientSecret = "old");

        Assert.IsType<CiamTokenError.InvalidClient>(error);
        Assert.Single(_portal.Requests);
    }

    [Theory]
    [MemberData(nameof(Defaults))]
    public async Task The_portals_Retry_After_reaches_the_caller(Action<IHttpClientBuilder> defaults)
    {
        _services.ConfigureHttpClientDefaults(defaults);
        _portal.Outage = CiamPortalFault.TemporarilyUnavailable(retryAfter: TimeSpan.FromMinutes(1));

        var error = await ErrorAsync();

        Assert.Equal(TimeSpan.FromMinutes(1), error.RetryAfter);
        Assert.Single(_portal.Requests);
    }

    [Fact]
    public async Task Defaults_that_are_configured_after_the_client_make_no_difference()
    {
        Register();
        _services.ConfigureHttpClientDefaults(AddAspireDefaults);
        _portal.Outage = CiamPortalFault.Respond(HttpStatusCode.ServiceUnavailable);

        await Assert.ThrowsAsync<CiamTokenException>(TokenAsync);

        Assert.Equal((3, 0), (_portal.Requests.Count, _retries));
    }

    [Fact]
    public async Task A_handler_that_was_added_to_the_token_endpoints_own_builder_stays()
    {
        _services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler());
        Register().AddStandardResilienceHandler();
        _portal.FailNext(CiamPortalFault.Respond(HttpStatusCode.ServiceUnavailable));

        await TokenAsync();

        Assert.Equal((2, 1), (_portal.Requests.Count, _retries));
    }

    [Fact]
    public async Task Other_inherited_handlers_stay()
    {
        var passed = 0;
        _services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new Observer(_ => passed++)));

        Register();
        await TokenAsync();

        Assert.Equal(1, passed);
    }

    // It copies headers from a caller's request, and a token request belongs to no caller.
    [Fact]
    public async Task Header_propagation_is_not_inherited()
    {
        _services.AddHeaderPropagation(propagated => propagated.Headers.Add("X-Request-Id"));
        _services.ConfigureHttpClientDefaults(http => http.AddHeaderPropagation());

        Register();

        Assert.NotNull(await TokenAsync());
    }

    [Fact]
    public async Task A_logger_that_writes_bodies_is_not_inherited()
    {
        using var logs = new LogCollector();
        _services.AddLogging(logging => logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace));
        _services.AddSingleton<IRedactorProvider>(NullRedactorProvider.Instance);
        _services.AddExtendedHttpClientLogging(logging =>
        {
            logging.LogBody = true;
            logging.RequestBodyContentTypes.Add("application/x-www-form-urlencoded");
            logging.ResponseBodyContentTypes.Add("application/json");
        });

        Register();
        var token = await TokenAsync();

        Assert.Contains(logs.Entries, entry => entry.Category == "System.Net.Http.HttpClient.TencentCiam.TokenClient.LogicalHandler");
        Assert.DoesNotContain(logs.Entries, entry => entry.ToString().Contains(token.Value, StringComparison.Ordinal));
        Assert.All(logs.Entries, entry => Assert.DoesNotContain(token.Value, string.Join(' ', entry.Values), StringComparison.Ordinal));
        Assert.All(
            logs.Entries,
            entry => Assert.DoesNotContain(_portal.Application.ClientSecret, string.Join(' ', entry.Values), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_handler_derived_from_an_unwanted_one_is_not_inherited()
    {
        _services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new DerivedPolicyHandler()));
        _portal.Outage = CiamPortalFault.Respond(HttpStatusCode.ServiceUnavailable);

        await ErrorAsync();

        Assert.Equal(3, _portal.Requests.Count);
    }

    [Theory]
    [InlineData(CiamClientAuthentication.ClientSecretPost, null)]
    [InlineData(CiamClientAuthentication.ClientSecretBasic, "Basic")]
    public async Task An_inherited_Authorization_header_is_not_sent(CiamClientAuthentication authentication, string? scheme)
    {
        _services.ConfigureHttpClientDefaults(http => http.ConfigureHttpClient(
            client => client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "of-all")));
        Register(options => options.ClientAuthentication = authentication);

        await TokenAsync();

        Assert.Equal(scheme, Assert.Single(_authorization)?.Scheme);
    }

    [Fact]
    public async Task Other_inherited_headers_are_sent()
    {
        string? agent = null;
        _services.ConfigureHttpClientDefaults(http => http.ConfigureHttpClient(
            client => client.DefaultRequestHeaders.UserAgent.ParseAdd("orders/1.0")));
        Register().AddHttpMessageHandler(() => new Observer(request => agent = request.Headers.UserAgent.ToString()));

        await TokenAsync();

        Assert.Equal("orders/1.0", agent);
    }

    [Fact]
    public async Task An_Authorization_header_of_the_token_endpoints_own_builder_is_sent()
    {
        _services.ConfigureHttpClientDefaults(http => http.ConfigureHttpClient(
            client => client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "of-all")));
        Register().ConfigureHttpClient(
            client => client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "of-a-gateway"));

        await TokenAsync();

        Assert.Equal("of-a-gateway", Assert.Single(_authorization)?.Parameter);
    }

    public void Dispose()
    {
        _provider?.Dispose();
        _portal.Dispose();
    }

    private static void AddAspireDefaults(IHttpClientBuilder http)
    {
        http.AddStandardResilienceHandler();
        http.AddServiceDiscovery();
    }

    private ICiamClientCredentialsBuilder Register(Action<CiamClientCredentialsOptions>? configure = null)
    {
        var builder = _services.AddCiamClientCredentials(_ => { }).UseEmulator(_portal);
        _services.PostConfigure<CiamClientCredentialsOptions>(options => configure?.Invoke(options));
        builder.AddHttpMessageHandler(() => new Observer(request => _authorization.Add(request.Headers.Authorization)));
        return builder;
    }

    private async Task<CiamTokenError> ErrorAsync(Action<CiamClientCredentialsOptions>? configure = null)
    {
        Register(configure);
        return (await Assert.ThrowsAsync<CiamTokenException>(TokenAsync)).Error;
    }

    private Task<CiamAccessToken> TokenAsync()
    {
        _provider ??= _services.BuildServiceProvider();
        return _provider.GetRequiredService<ICiamTokenProvider>()
            .GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
    }

    private sealed class Observer(Action<HttpRequestMessage> observe) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            observe(request);
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class DerivedPolicyHandler() : PolicyHttpMessageHandler(
        Policy.HandleResult<HttpResponseMessage>(response => !response.IsSuccessStatusCode).RetryAsync(5));
}
