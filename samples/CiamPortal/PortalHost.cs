using System.Security.Cryptography.X509Certificates;
using CiamPortal.Control;
using TencentCiam.TokenClient.Testing;

namespace CiamPortal;

/// <summary>The server: the emulated portal, an API that accepts its tokens and, if it is switched on, the control API.</summary>
internal static class PortalHost
{
    /// <returns>The server, which is listening.</returns>
    /// <exception cref="SettingException">A setting is unknown or invalid.</exception>
    public static async Task<WebApplication> StartAsync(IConfiguration configuration)
    {
        var settings = ServerSettings.Read(configuration);

        // An empty builder, so that only the requested port is opened: it ignores ASPNETCORE_URLS, and ASPNETCORE_HTTP_PORTS,
        // which container images set.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        X509Certificate2? certificate = null;
        builder.WebHost
            .UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate);
            })
            .UseUrls([.. settings.Urls]);
        builder.Logging
            .AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            .AddConfiguration(configuration.GetSection("Logging"))

            // They log a start that fails with a stack trace. Program.cs prints one line instead.
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.None)
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.AddRouting().AddHealthChecks();
        ControlApi.AddServices(builder.Services);

        // A request that hangs by order of a fault does not keep the program from stopping.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        var app = builder.Build();

        certificate = settings.UsesHttps ? ServerCertificate.ReadOrCreate(settings, TimeProvider.System, app.Logger) : null;
        var signingKey = settings.SigningKey is { } path ? SigningKeyFile.ReadOrCreate(path, app.Logger) : null;
        var clock = new CiamPortalClock();

        // Errors in the settings are found before the server listens. If the system chooses the port, the portal's address is
        // only known afterwards.
        ConfiguredEmulator.Create(settings, settings.Urls[0], clock, signingKey).Dispose();
        var portal = new Lazy<CiamPortalEmulator>(() => ConfiguredEmulator.Create(settings, app.Urls.First(), clock, signingKey));
        Map(app, settings, portal, clock);
        await app.StartAsync();
        app.Logger.PortalIsReady(portal.Value.Authority);
        return app;
    }

    private static void Map(WebApplication app, ServerSettings settings, Lazy<CiamPortalEmulator> portal, CiamPortalClock clock)
    {
        app.Use((context, next) => RequestPipeline.InvokeAsync(context, next, app.Logger, clock));
        app.MapHealthChecks("/health");
        app.MapGet("/orders", context => ForwardAsync(context, OrdersApi.CreateHandler(portal.Value)));
        if (settings.Control != ControlAccess.Off)
        {
            app.Use((context, next) => ControlMiddleware.InvokeAsync(context, next, settings.Control));
            ControlApi.Map(app, portal, clock);
        }

        // Everything else goes to the portal, including unknown paths. Not an endpoint: that would also take what the control API
        // rejects, such as another method.
        app.Use((context, next) => context.GetEndpoint() is null
            ? ForwardAsync(context, portal.Value.CreateHandler())
            : next(context));

        async Task ForwardAsync(HttpContext context, HttpMessageHandler handler)
        {
            using var invoker = new HttpMessageInvoker(handler);
            await HandlerEndpoint.AnswerAsync(context, invoker, portal.Value.Authority);
        }
    }
}
