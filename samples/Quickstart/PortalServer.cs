using CiamPortal;
using TencentCiam.TokenClient.Testing;

namespace Quickstart;

/// <summary>
/// An emulated CIAM portal on a free port of this machine. The port is needed because JwtBearer reads the portal's discovery
/// document and keys over HTTP. Tests rarely need it: the emulator also works without a port.
/// </summary>
internal sealed class PortalServer : IAsyncDisposable
{
    private const string Scope = "orders.read";

    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _invoker;

    private PortalServer(WebApplication app, CiamPortalEmulator emulator, HttpMessageInvoker invoker)
    {
        _app = app;
        _invoker = invoker;
        Emulator = emulator;
    }

    public CiamPortalEmulator Emulator { get; }

    /// <summary>The settings of the section "Ciam" for the application of this portal.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["Ciam:Authority"] = Emulator.Authority.AbsoluteUri,
        ["Ciam:ClientId"] = Emulator.Application.ClientId,
        ["Ciam:ClientSecret"] = Emulator.Application.ClientSecret,
        ["Ciam:Scope"] = Scope,

        // The default is a fifth of the token's lifetime. Longer here, so that the refresh happens sooner.
        ["Ciam:RefreshBeforeExpiration"] = "00:00:04",
    };

    public static async Task<PortalServer> StartAsync()
    {
        // An empty builder, so that neither ASPNETCORE_URLS nor a settings file opens another port.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();

        // The portal's tokens and discovery document contain its address, which is only known once the server is listening. No
        // request can arrive before the emulator exists, because callers learn the address from this method.
        PortalServer? portal = null;
        app.Run(context => HandlerEndpoint.AnswerAsync(context, portal!._invoker, portal.Emulator.Authority));
        await app.StartAsync();

        var emulator = new CiamPortalEmulator(new Uri(app.Urls.Single()));
        emulator.Application.Scopes = [Scope];

        // CIAM's default is 600 seconds. Much shorter here, so that a refresh can be watched.
        emulator.Application.AccessTokenLifetime = TimeSpan.FromSeconds(9);

        portal = new PortalServer(app, emulator, new HttpMessageInvoker(emulator.CreateHandler()));
        return portal;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _invoker.Dispose();
        Emulator.Dispose();
    }
}
