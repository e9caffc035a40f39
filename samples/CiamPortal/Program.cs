// A CIAM portal to develop against: the emulator of TencentCiam.TokenClient.Testing, served by Kestrel, so that programs in
// any language, curl and containers can use it. README.md has the commands.
using CiamPortal;
using TencentCiam.TokenClient.Testing;

// Empty, so that no port is opened but the one that was asked for: neither ASPNETCORE_URLS nor what a container image sets in
// ASPNETCORE_HTTP_PORTS counts here.
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

// Made when the server listens, and not before: only then is its address known if the port was left to the system.
var portal = new Lazy<CiamPortalEmulator>(() => ConfiguredEmulator.Create(app.Configuration, app.Urls.First()));

app.MapHealthChecks("/health");
app.MapGet("/orders", context => ForwardAsync(context, OrdersApi.CreateHandler(portal.Value)));
app.MapPut("/emulator/outage", (int? status, int? retryAfter) => OutageSwitch.Begin(portal.Value, status ?? 503, retryAfter));
app.MapDelete("/emulator/outage", () => OutageSwitch.End(portal.Value));

// All else is the portal's, also what it does not know.
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
