// A worker that calls an API with CIAM tokens: options from the configuration, resilience handlers, metrics and traces on the
// console, and metrics for Prometheus. The commands are in README.md.
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Worker;

// The name of the library's meter and of its ActivitySource.
const string Telemetry = "TencentCiam.TokenClient";

var builder = Host.CreateApplicationBuilder(args);
var options = builder.Configuration.GetRequiredSection("Orders").Get<OrdersOptions>()!;

// Reads the section "Ciam" and returns the builder of the token endpoint's HttpClient, which accepts handlers like any other.
// The library itself retries and respects Retry-After, so a single quick retry is enough here. Both attempts must end within the
// option RequestTimeout (10 s).
builder.Services.AddCiamClientCredentials().AddStandardResilienceHandler(resilience =>
{
    resilience.Retry.MaxRetryAttempts = 1;
    resilience.Retry.Delay = TimeSpan.FromMilliseconds(200);
    resilience.Retry.ShouldRetryAfterHeader = false;
    resilience.AttemptTimeout.Timeout = TimeSpan.FromSeconds(4);
    resilience.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(9);
});

// The token handler comes first, so it is outermost: a call without a token fails immediately with the reason. Outside it, a
// retry would repeat calls that cannot succeed, and a circuit breaker would count failures of the portal as failures of the API.
builder.Services.AddHttpClient<OrdersClient>(client => client.BaseAddress = options.Address)
    .AddCiamClientCredentialsHandler()
    .AddStandardResilienceHandler();

builder.Services.AddOpenTelemetry()
    .ConfigureResource(resource => resource.AddService("orders-worker"))
    .WithMetrics(metrics => metrics.AddMeter(Telemetry).AddConsoleExporter().AddPrometheusHttpListener(prometheus =>
    {
        prometheus.Host = "127.0.0.1";
        prometheus.Port = builder.Configuration.GetValue<int>("Prometheus:Port");
    }))
    .WithTracing(tracing => tracing.AddSource(Telemetry).AddConsoleExporter());

builder.Services.AddSingleton(options);
builder.Services.AddHostedService<OrdersWorker>();
builder.Build().Run();
