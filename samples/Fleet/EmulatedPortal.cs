using CiamPortal;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.Testing;

namespace Fleet;

/// <summary>
/// An emulated CIAM portal and an orders API that accepts its tokens, together on a free port of this machine. They count which
/// instance sends which requests.
/// </summary>
internal sealed class EmulatedPortal : IAsyncDisposable
{
    /// <summary>
    /// CIAM's default is 600 seconds. Much shorter here, so that a minute has several lives; longer than the 5 seconds for which
    /// the library leaves a cache alone that has failed, so that it looks there again with the next refresh.
    /// </summary>
    public static readonly TimeSpan TokenLifetime = TimeSpan.FromSeconds(9);

    public const string Scope = "orders.read";

    private readonly WebApplication _app;
    private readonly Traffic _traffic;
    private readonly CiamPortalEmulator _emulator;
    private readonly HttpMessageInvoker _portal;
    private readonly HttpMessageInvoker _orders;

    private EmulatedPortal(WebApplication app, Traffic traffic)
    {
        _app = app;
        _traffic = traffic;
        _emulator = new CiamPortalEmulator(new Uri(app.Urls.Single()));
        Application.Scopes = [Scope];
        Application.AccessTokenLifetime = TokenLifetime;
        WarmUpApplication = _emulator.AddApplication();
        WarmUpApplication.Scopes = [Scope];
        _portal = new HttpMessageInvoker(_emulator.CreateHandler());
        _orders = new HttpMessageInvoker(OrdersApi.CreateHandler(_emulator));
    }

    /// <summary>The address of the portal and of the orders API.</summary>
    public Uri Address => _emulator.Authority;

    /// <summary>The application that all instances use.</summary>
    public CiamPortalApplication Application => _emulator.Application;

    /// <summary>The application of the <see cref="WarmUp"/>. Its requests name no instance, and are not counted.</summary>
    public CiamPortalApplication WarmUpApplication { get; }

    public static async Task<EmulatedPortal> StartAsync(Traffic traffic)
    {
        // An empty builder, so that neither ASPNETCORE_URLS nor a settings file opens another port.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();

        // The portal's tokens contain its address, which is only known once the server is listening. No request can arrive before
        // the portal exists, because callers learn the address from this method.
        EmulatedPortal? portal = null;
        app.Run(context => portal!.AnswerAsync(context));
        await app.StartAsync();
        portal = new EmulatedPortal(app, traffic);
        return portal;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _portal.Dispose();
        _orders.Dispose();
        _emulator.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var instance = context.Request.Headers.UserAgent.ToString();
        var authorization = context.Request.Headers.Authorization.ToString();
        var isCall = context.Request.Path == "/orders";
        if (instance.Length > 0 && context.Request.Path == "/oauth2/token")
        {
            _traffic.AddTokenRequest(instance);
        }

        await HandlerEndpoint.AnswerAsync(context, isCall ? _orders : _portal, Address);
        if (instance.Length > 0 && isCall && context.Response.StatusCode == StatusCodes.Status200OK)
        {
            // The id is not a secret.
            _traffic.AddCall(instance, new CiamAccessToken(authorization["Bearer ".Length..], default, default).ReadJwt().Id);
        }
    }
}
