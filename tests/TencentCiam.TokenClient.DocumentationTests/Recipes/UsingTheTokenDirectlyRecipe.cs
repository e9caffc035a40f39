using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class UsingTheTokenDirectlyRecipe : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CiamPortalEmulator _portal;
    private readonly ServiceProvider _services;

    public UsingTheTokenDirectlyRecipe()
    {
        _portal = new CiamPortalEmulator(timeProvider: _clock);
        _portal.Application.Scopes = ["orders.read"];
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { }).UseEmulator(_portal);
        _services = services.BuildServiceProvider();
    }

    public void Dispose()
    {
        _services.Dispose();
        _portal.Dispose();
    }

    [Fact]
    public async Task The_provider_returns_the_same_token_until_a_resource_rejects_it()
    {
        Assert.Equal(HttpStatusCode.OK, await GetOrderStatusAsync());
        Assert.Equal(HttpStatusCode.OK, await GetOrderStatusAsync());
        Assert.Single(_portal.Requests);

        _clock.Advance(TimeSpan.FromMinutes(1));
        _portal.RevokeAll();
        Assert.Equal(HttpStatusCode.OK, await GetOrderStatusAsync());
        Assert.Equal(2, _portal.Requests.Count);
    }

    private async Task<HttpStatusCode> GetOrderStatusAsync()
    {
        var tokens = _services.GetRequiredService<ICiamTokenProvider>();
        var cancellationToken = TestContext.Current.CancellationToken;

        // <snippet>
        var token = await tokens.GetTokenAsync("orders.read", cancellationToken);
        var status = await SendAsync(token.Value);
        if (status == HttpStatusCode.Unauthorized)
        {
            tokens.Invalidate(token);
            token = await tokens.GetTokenAsync("orders.read", cancellationToken);
            status = await SendAsync(token.Value);
        }
        // </snippet>

        return status;
    }

    private async Task<HttpStatusCode> SendAsync(string token)
    {
        using var http = new HttpClient(_portal.CreateResourceServerHandler(_ => new HttpResponseMessage(HttpStatusCode.OK)));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.GetAsync(
            new Uri("https://orders.example.com/orders/1001"), TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
