using System.Net;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Http.Resilience;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>Where the token handler stands among the handlers of an HttpClient.</summary>
public sealed class InheritedHandlersTests
{
    private readonly List<string> _order = [];

    [Fact]
    public async Task Inherited_handlers_run_inside_the_token_handler_and_the_HttpClients_own_keep_their_order()
    {
        using var api = Api(services => services.ConfigureHttpClientDefaults(defaults => defaults
            .AddHttpMessageHandler(() => new Step("inherited 1", _order))
            .AddHttpMessageHandler(() => new Step("inherited 2", _order))));

        await api.GetAsync();

        Assert.Equal(["own outside: no token", "inherited 1: token", "inherited 2: token", "own inside: token"], _order);
    }

    [Fact]
    public async Task They_run_inside_both_of_two_token_handlers()
    {
        using var api = Api(services =>
        {
            services.AddHttpClient("orders").AddCiamClientCredentialsHandler()
                .AddHttpMessageHandler(() => new Step("own innermost", _order));
            services.ConfigureHttpClientDefaults(
                defaults => defaults.AddHttpMessageHandler(() => new Step("inherited", _order)));
        });

        await api.GetAsync();

        Assert.Equal(
            ["own outside: no token", "own inside: token", "inherited: token", "own innermost: token"], _order);
    }

    [Fact]
    public async Task So_do_handlers_that_ConfigureAll_adds()
    {
        using var api = Api(services => services.ConfigureAll<HttpClientFactoryOptions>(options =>
            options.HttpMessageHandlerBuilderActions.Insert(
                0, builder => builder.AdditionalHandlers.Insert(0, builder.Services.GetRequiredService<Step>()))));

        await api.GetAsync();

        Assert.Equal(["own outside: no token", "from services: token", "own inside: token"], _order);
    }

    [Fact]
    public async Task A_handler_that_is_both_inherited_and_added_runs_twice()
    {
        using var api = Api(
            services => services.ConfigureHttpClientDefaults(defaults => defaults.AddHttpMessageHandler<Step>()),
            own => own.AddHttpMessageHandler<Step>());

        await api.GetAsync();

        Assert.Equal(
            ["own outside: no token", "from services: no token", "from services: token", "own inside: token"], _order);
    }

    [Fact]
    public async Task An_inherited_handler_that_the_HttpClient_removes_stays_removed()
    {
        using var api = Api(services =>
        {
            services.ConfigureHttpClientDefaults(
                defaults => defaults.AddHttpMessageHandler(() => new Step("inherited", _order)));
            services.AddHttpClient("orders")
                .ConfigureAdditionalHttpMessageHandlers((handlers, _) => handlers.RemoveAt(0));
        });

        await api.GetAsync();

        Assert.Equal(["own outside: no token", "own inside: token"], _order);
    }

    [Fact]
    public async Task A_token_handler_that_the_HttpClient_removes_changes_nothing()
    {
        using var api = Api(services =>
        {
            services.ConfigureHttpClientDefaults(
                defaults => defaults.AddHttpMessageHandler(() => new Step("inherited", _order)));
            services.AddHttpClient("orders").ConfigureAdditionalHttpMessageHandlers(
                (handlers, _) => handlers.Remove(handlers.Single(handler => handler is CiamBearerTokenHandler)));
        });

        await api.GetAsync();

        Assert.Equal(["inherited: no token", "own outside: no token", "own inside: no token"], _order);
    }

    [Fact]
    public async Task An_inherited_resilience_handler_retries_the_API_but_not_a_call_that_has_no_token()
    {
        var retries = 0;
        using var api = new FakeApi(services: services => Resilience(services, resilience =>
            resilience.Retry.OnRetry = _ =>
            {
                retries++;
                return default;
            }));
        api.Host.Portal.Application.IsEnabled = false;

        await Assert.ThrowsAsync<CiamTokenException>(() => api.GetAsync());

        Assert.Equal((0, 1), (retries, api.Host.TokenRequests));

        api.Host.Portal.Application.IsEnabled = true;
        api.Host.Clock.AdvanceSeconds(10);
        var respond = api.Respond;
        api.Respond = (request, count) => count == 1
            ? new HttpResponseMessage(HttpStatusCode.ServiceUnavailable)
            : respond(request, count);
        using var response = await api.GetAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((1, 2), (retries, api.Host.TokenRequests));
    }

    [Fact]
    public async Task An_inherited_circuit_breaker_does_not_blame_the_API_for_a_token_that_cannot_be_obtained()
    {
        using var api = new FakeApi(services: services => Resilience(
            services, resilience => resilience.CircuitBreaker.MinimumThroughput = 2));
        api.Host.Portal.Application.IsEnabled = false;
        for (var i = 0; i < 10; i++)
        {
            await Assert.ThrowsAsync<CiamTokenException>(() => api.GetAsync());
        }

        api.Host.Portal.Application.IsEnabled = true;
        api.Host.Clock.AdvanceSeconds(10);

        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync()).StatusCode);
    }

    private static void Resilience(IServiceCollection services, Action<HttpStandardResilienceOptions> configure)
    {
        services.ConfigureHttpClientDefaults(defaults => defaults.AddStandardResilienceHandler());
        services.ConfigureAll<HttpStandardResilienceOptions>(resilience =>
        {
            resilience.Retry.Delay = TimeSpan.Zero;
            configure(resilience);
        });
    }

    private FakeApi Api(Action<IServiceCollection> services, Action<IHttpClientBuilder>? own = null)
        => new(
            also: builder =>
            {
                builder.AddHttpMessageHandler(() => new Step("own outside", _order));
                own?.Invoke(builder);
            },
            services: collection =>
            {
                collection.AddTransient(_ => new Step("from services", _order));
                collection.AddHttpClient("orders").AddHttpMessageHandler(() => new Step("own inside", _order));
                services(collection);
            });

    /// <summary>Notes that a request to the API passes, and whether it has a token.</summary>
    private sealed class Step(string name, List<string> order) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.Host == "orders.example.com")
            {
                order.Add($"{name}: {(request.Headers.Authorization is null ? "no token" : "token")}");
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
