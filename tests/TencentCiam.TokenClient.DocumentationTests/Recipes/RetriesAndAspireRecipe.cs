using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class RetriesAndAspireRecipe : IDisposable
{
    private readonly CiamPortalEmulator _portal = new(timeProvider: new FakeTimeProvider());
    private readonly HostApplicationBuilder _builder = Host.CreateEmptyApplicationBuilder(null);
    private int _unavailableResponses;
    private int _requestsToApi;
    private int _retries;

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task The_resilience_handler_retries_the_API()
    {
        AddClients(_builder);
        using var host = BuildHost();
        _unavailableResponses = 2;

        var status = await host.Services.GetRequiredService<OrdersClient>().GetOrderStatusAsync(1001);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal((3, 1), (_requestsToApi, _portal.Requests.Count));
    }

    [Fact]
    public Task A_call_without_a_token_is_not_retried()
    {
        AddClients(_builder);
        return AssertNoRetryWithoutATokenAsync();
    }

    [Fact]
    public async Task Removed_inherited_resilience_handlers_do_not_multiply_retries_of_the_API()
    {
        AddClientsDespiteDefaults(_builder);
        using var host = BuildHost();
        _unavailableResponses = int.MaxValue;

        var status = await host.Services.GetRequiredService<OrdersClient>().GetOrderStatusAsync(1001);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal((4, 1), (_requestsToApi, _portal.Requests.Count));
    }

    [Fact]
    public Task Removed_inherited_resilience_handlers_do_not_retry_a_call_without_a_token()
    {
        AddClientsDespiteDefaults(_builder);
        return AssertNoRetryWithoutATokenAsync();
    }

    private static void AddClients(HostApplicationBuilder builder)
    {
        // <snippet>
        builder.Services.AddCiamClientCredentials();
        builder.Services.AddHttpClient<OrdersClient>(client => client.BaseAddress = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler()
            .AddStandardResilienceHandler();
        // </snippet>
    }

    private static void AddClientsDespiteDefaults(HostApplicationBuilder builder)
    {
        builder.Services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler());

#pragma warning disable EXTEXP0001 // The recipe says that RemoveAllResilienceHandlers is experimental.
        // <snippet>
        builder.Services.AddCiamClientCredentials();
        builder.Services.AddHttpClient<OrdersClient>(client => client.BaseAddress = new Uri("https://orders.example.com"))
            .RemoveAllResilienceHandlers()
            .AddCiamClientCredentialsHandler()
            .AddStandardResilienceHandler();
        // </snippet>
#pragma warning restore EXTEXP0001
    }

    private async Task AssertNoRetryWithoutATokenAsync()
    {
        using var host = BuildHost();
        _portal.Outage = CiamPortalFault.BadGateway();

        await Assert.ThrowsAsync<CiamTokenException>(
            () => host.Services.GetRequiredService<OrdersClient>().GetOrderStatusAsync(1001));

        Assert.Equal((0, 3, 0), (_requestsToApi, _portal.Requests.Count, _retries));
    }

    private IHost BuildHost()
    {
        _builder.Services.AddCiamClientCredentials().UseEmulator(_portal);
        _builder.Services.AddHttpClient<OrdersClient>().ConfigurePrimaryHttpMessageHandler(
            () => _portal.CreateResourceServerHandler(_ => new HttpResponseMessage(
                ++_requestsToApi > _unavailableResponses ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable)));
        _builder.Services.ConfigureAll<HttpStandardResilienceOptions>(resilience =>
        {
            resilience.Retry.Delay = TimeSpan.Zero;
            resilience.Retry.OnRetry = _ =>
            {
                _retries++;
                return default;
            };
        });
        return _builder.Build();
    }
}
