using CiamPortal;
using TencentCiam.TokenClient.Testing;

namespace ManyTenants;

/// <summary>
/// An emulated CIAM portal and an orders API that accepts its tokens, together on a free port of this machine. In place of a real
/// portal, so that the sample needs nothing else.
/// </summary>
internal sealed class EmulatedPortal : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CiamPortalEmulator _emulator;
    private readonly TimeSpan _accessTokenLifetime;
    private readonly Dictionary<string, CiamPortalApplication> _applications = [];
    private readonly Lock _gate = new();

    private EmulatedPortal(WebApplication app, TimeSpan accessTokenLifetime)
    {
        _app = app;
        _accessTokenLifetime = accessTokenLifetime;
        _emulator = new CiamPortalEmulator(new Uri(app.Urls.Single()));
    }

    /// <summary>The address of the portal and of the orders API.</summary>
    public Uri Address => _emulator.Authority;

    public static async Task<EmulatedPortal> StartAsync(TimeSpan accessTokenLifetime)
    {
        // An empty builder, so that neither ASPNETCORE_URLS nor a settings file opens another port.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging
            .AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning);
        var app = builder.Build();

        // The portal's tokens contain its address, which is only known once the server is listening. No request can arrive before
        // the portal exists, because callers learn the address from this method.
        EmulatedPortal? portal = null;
        app.Run(context => portal!.AnswerAsync(context));
        await app.StartAsync();
        portal = new EmulatedPortal(app, accessTokenLifetime);
        return portal;
    }

    /// <summary>What an operator does in the CIAM console: creates the application, or changes its secret.</summary>
    public void SetApplication(string clientId, string clientSecret)
    {
        lock (_gate)
        {
            if (!_applications.TryGetValue(clientId, out var application))
            {
                application = _emulator.AddApplication(clientId, clientSecret);
                application.Scopes = ["orders.read"];
                application.AccessTokenLifetime = _accessTokenLifetime;
                _applications.Add(clientId, application);
            }

            application.ClientSecret = clientSecret;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _emulator.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var invoker = new HttpMessageInvoker(
            context.Request.Path == "/orders" ? OrdersApi.CreateHandler(_emulator) : _emulator.CreateHandler());
        await HandlerEndpoint.AnswerAsync(context, invoker, Address);
        _app.Logger.RequestCompleted(context.Request.Method, context.Request.Path, context.Response.StatusCode);
    }
}
