using Microsoft.Extensions.Options;
using Quickstart;

var builder = Host.CreateApplicationBuilder(args);

// The quickstart prints all errors itself. Your own program needs a log.
builder.Logging.ClearProviders();

// To use a real tenant, set the environment variables Ciam__Authority, Ciam__ClientId, Ciam__ClientSecret and Ciam__Scope, which
// make up the section "Ciam". Otherwise this program emulates a portal and fills the section with the emulator's settings.
var ciam = builder.Configuration.GetSection("Ciam");
await using var portal = ciam.GetChildren().Any() ? null : await PortalServer.StartAsync();
if (portal is not null)
{
    builder.Configuration.AddInMemoryCollection(portal.Settings);
    builder.Services.AddSingleton(portal.Emulator);
}

// The API to call. It represents an independent program, which only knows the tenant whose tokens it accepts.
await using var ordersApi = await OrdersApi.StartAsync(ciam["Authority"], ciam["ClientId"], ciam["Scope"]);
var ordersAddress = new Uri(ordersApi.Urls.Single());

// This is all that a program needs in order to call the API.
builder.Services.AddCiamClientCredentials();
builder.Services.AddHttpClient<OrdersClient>(client => client.BaseAddress = ordersAddress)
    .AddCiamClientCredentialsHandler();

// The rest is for the steps of the quickstart, which also use a client without tokens and one with a wrong secret.
builder.Services.AddHttpClient(QuickstartSteps.WithoutToken, client => client.BaseAddress = ordersAddress);
builder.Services.AddCiamClientCredentials(QuickstartSteps.WrongSecret, options =>
{
    ciam.Bind(options);
    options.ClientSecret = "this-is-not-the-secret";
});
var reporter = new StepReporter(Console.Out);
builder.Services.AddSingleton(reporter);
builder.Services.AddHostedService<QuickstartSteps>();

Console.WriteLine(portal is null
    ? $"The tokens come from the portal at {ciam["Authority"]}"
    : $"The section \"Ciam\" is not configured, so this program emulates a CIAM portal at {ciam["Authority"]}");
Console.WriteLine($"An orders API that accepts the portal's tokens is running at {ordersAddress}");

try
{
    await builder.Build().RunAsync();
}
catch (Exception e) when (e is OptionsValidationException or AggregateException or InvalidOperationException)
{
    // The options are validated when the host starts. The client with the wrong secret copies the options, and so their errors:
    // the first message is enough.
    Console.Error.WriteLine();
    Console.Error.WriteLine(e is AggregateException several ? several.InnerExceptions[0].Message : e.Message);
    Console.Error.WriteLine("To use a real tenant, set Ciam__Authority, Ciam__ClientId, Ciam__ClientSecret and, if you request "
        + "scopes, Ciam__Scope. To use an emulated portal, set none of them.");
    return 1;
}

return reporter.ExitCode;
