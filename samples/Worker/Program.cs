// A worker that calls an API with CIAM tokens: options from the configuration, resilience handlers, metrics and traces on the
// console. README.md has the commands.
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Worker;

// Of the library's meter and of its ActivitySource.
const string Telemetry = "TencentCiam.TokenClient";

var builder = Host.CreateApplicationBuilder(args);
var options = builder.Configuration.GetRequiredSection("Orders").Get<OrdersOptions>()!;

// The section "Ciam". What is returned is the builder of the token endpoint's own HttpClient, which takes handlers as any other.
// The library tries a few times itself, and waits for as long as the portal asks it to: here one quick retry is enough, which
// has to end within the option RequestTimeout of 10 s.
builder.Services.AddCiamClientCredentials().AddStandardResilienceHandler(resilience =>
{
    resilience.Retry.MaxRetryAttempts = 1;
    resilience.Retry.Delay = TimeSpan.FromMilliseconds(200);
    resilience.Retry.ShouldRetryAfterHeader = false;
    resilience.AttemptTimeout.Timeout = TimeSpan.FromSeconds(4);
    resilience.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(9);
});

// The token's handler is the outermost: a call without a token ends at once with the reason, where a retry around it would try
// again what cannot succeed, and a circuit breaker would blame the API for the portal's trouble.
builder.Services.AddHttpClient<OrdersClient>(client => client.BaseAddress = options.Address)
    .AddCiamClientCredentialsHandler()
    .AddStandardResilienceHandler();

builder.Services.AddOpenTelemetry()
    .ConfigureResource(resource => resource.AddService("orders-worker"))
    .WithMetrics(metrics => metrics.AddMeter(Telemetry).AddConsoleExporter())
    .WithTracing(tracing => tracing.AddSource(Telemetry).AddConsoleExporter());

builder.Services.AddSingleton(options);
builder.Services.AddHostedService<OrdersWorker>();
builder.Build().Run();
