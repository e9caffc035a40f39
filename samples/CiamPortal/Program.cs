// A CIAM portal for development: the emulator of TencentCiam.TokenClient.Testing over HTTP, for programs in any language, curl
// and containers. The commands are in README.md.
using CiamPortal;
using TencentCiam.TokenClient.Testing;

// An empty builder, so that only the requested port is opened: it ignores ASPNETCORE_URLS, and ASPNETCORE_HTTP_PORTS, which
// container images set.
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
builder.Configuration
    .AddJsonFile("appsettings.json", optional: true)
    .AddEnvironmentVariables("CIAMPORTAL_")
    .AddCommandLine(args);
builder.WebHost
    .UseKestrelCore()
    .ConfigureKestrel(kestrel => kestrel.AddServerHeader = false)
    .UseUrls(builder.Configuration["Urls"] ?? "http://127.0.0.1:5005");
builder.Logging
    .AddSimpleConsole(console => console.SingleLine = true)
    .AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
builder.Services.AddRouting().AddHealthChecks();
await using var app = builder.Build();

// Created once the server is listening: if the system chooses the port, the address is not known earlier.
var portal = new Lazy<CiamPortalEmulator>(() => ConfiguredEmulator.Create(app.Configuration, app.Urls.First()));

app.MapHealthChecks("/health");
app.MapGet("/orders", context => ForwardAsync(context, OrdersApi.CreateHandler(portal.Value)));
app.MapPut("/emulator/outage", (int? status, int? retryAfter) => OutageSwitch.Begin(portal.Value, status ?? 503, retryAfter));
app.MapDelete("/emulator/outage", () => OutageSwitch.End(portal.Value));

// Everything else goes to the portal, including unknown paths.
app.Map("{**path}", context => ForwardAsync(context, portal.Value.CreateHandler()));

await app.StartAsync();
try
{
    app.Logger.PortalIsReady(portal.Value.Authority);
}
catch (Exception e) when (e is InvalidOperationException or ArgumentException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

await app.WaitForShutdownAsync();
return 0;

async Task ForwardAsync(HttpContext context, HttpMessageHandler handler)
{
    using var invoker = new HttpMessageInvoker(handler);
    await HandlerEndpoint.AnswerAsync(context, invoker, portal.Value.Authority);
    app.Logger.RequestCompleted(context.Request.Method, context.Request.Path, context.Response.StatusCode);
}
