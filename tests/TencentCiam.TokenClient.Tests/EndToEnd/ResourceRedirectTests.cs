using System.Collections.Concurrent;
using System.Net;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.EndToEnd;

/// <summary>An API that redirects, over real sockets, with HttpClient following the redirect.</summary>
public sealed class ResourceRedirectTests
{
    [Fact]
    public async Task A_redirect_target_does_not_receive_the_token_and_its_401_does_not_invalidate_it()
    {
        await using var elsewhere = await ServerAsync(HttpStatusCode.Unauthorized);
        await using var api = await ServerAsync(HttpStatusCode.TemporaryRedirect, elsewhere.Address);
        using var portal = new CiamPortalEmulator(signingKey: CiamHost.SigningKey);
        var clock = new TestClock();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        services.AddCiamClientCredentials(_ => { }).UseEmulator(portal);
        services.AddHttpClient("orders", client => client.BaseAddress = api.Address).AddCiamClientCredentialsHandler();
        await using var provider = services.BuildServiceProvider();
        var tokens = provider.GetRequiredService<ICiamTokenProvider>();
        var token = await tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
        clock.AdvanceSeconds(30);

        var response = await provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders")
            .GetAsync(new Uri("orders/1", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal([$"Bearer {token.Value}"], api.Authorizations);
        Assert.Equal([""], elsewhere.Authorizations);
        Assert.Same(token, await tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Single(portal.Requests);
    }

    private static async Task<Server> ServerAsync(HttpStatusCode status, Uri? location = null)
    {
        var authorizations = new ConcurrentQueue<string>();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(context =>
        {
            authorizations.Enqueue(context.Request.Headers.Authorization.ToString());
            context.Response.StatusCode = (int)status;
            context.Response.Headers.Location = location?.AbsoluteUri;
            return Task.CompletedTask;
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new Server(app, authorizations);
    }

    private sealed class Server(WebApplication app, ConcurrentQueue<string> authorizations) : IAsyncDisposable
    {
        public Uri Address { get; } = new(app.Urls.Single());

        public IEnumerable<string> Authorizations => authorizations;

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
