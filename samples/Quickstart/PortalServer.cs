using CiamPortal;
using TencentCiam.TokenClient.Testing;

namespace Quickstart;

/// <summary>
/// An emulated CIAM portal on a free port of this machine. Tests need none of this, because the emulator also works without
/// a port; it is here because JwtBearer is to read the portal's discovery document and keys over HTTP.
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

    /// <summary>What the section "Ciam" has to hold for the application of this portal.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["Ciam:Authority"] = Emulator.Authority.AbsoluteUri,
        ["Ciam:ClientId"] = Emulator.Application.ClientId,
        ["Ciam:ClientSecret"] = Emulator.Application.ClientSecret,
        ["Ciam:Scope"] = Scope,

        // By default the last fifth of a token's life. Longer here, so that the story does not wait for most of it.
        ["Ciam:RefreshBeforeExpiration"] = "00:00:04",
    };

    public static async Task<PortalServer> StartAsync()
    {
        // Empty, so that neither ASPNETCORE_URLS nor a settings file of this machine opens another port.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();

        // The portal's tokens and its discovery document name its address, which is known when the server listens. Until
        // this method returns nobody else knows it, so no request comes too early.
        PortalServer? portal = null;
        app.Run(context => HandlerEndpoint.AnswerAsync(context, portal!._invoker, portal.Emulator.Authority));
        await app.StartAsync();

        var emulator = new CiamPortalEmulator(new Uri(app.Urls.Single()));
        emulator.Application.Scopes = [Scope];

        // CIAM's default is 600 seconds. So short, because the story waits for the end of one.
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
