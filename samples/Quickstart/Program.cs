using Microsoft.Extensions.Options;
using Quickstart;

var builder = Host.CreateApplicationBuilder(args);

// The story prints itself all that goes wrong, so that a log would only repeat it. Your program wants one.
builder.Logging.ClearProviders();

// The settings of the section "Ciam" point at a real tenant: as environment variables Ciam__Authority, Ciam__ClientId,
// Ciam__ClientSecret and Ciam__Scope. Without them a portal is emulated here, and its application stands in the section.
var ciam = builder.Configuration.GetSection("Ciam");
await using var portal = ciam.GetChildren().Any() ? null : await PortalServer.StartAsync();
if (portal is not null)
{
    builder.Configuration.AddInMemoryCollection(portal.Settings);
    builder.Services.AddSingleton(portal.Emulator);
}

// The API to be called. It is somebody else's program: of this one it knows nothing but the tenant whose tokens it trusts.
await using var ordersApi = await OrdersApi.StartAsync(ciam["Authority"], ciam["ClientId"], ciam["Scope"]);
var ordersAddress = new Uri(ordersApi.Urls.Single());

// This is all that a program needs in order to call it.
builder.Services.AddCiamClientCredentials();
builder.Services.AddHttpClient<OrdersClient>(client => client.BaseAddress = ordersAddress)
    .AddCiamClientCredentialsHandler();

// The rest is for the story: a client without tokens, an application whose secret is wrong, and the one who tells it.
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
    ? $"The tokens come from the portal {ciam["Authority"]}."
    : $"The section Ciam is not configured, so a CIAM portal is emulated here: {ciam["Authority"]}");
Console.WriteLine($"An orders API that trusts the tokens of this portal: {ordersAddress}");

try
{
    await builder.Build().RunAsync();
}
catch (Exception e) when (e is OptionsValidationException or AggregateException or InvalidOperationException)
{
    // The settings are validated when the host starts. Those with the wrong secret are a copy with the same faults, so the
    // first of several messages says it all.
    Console.Error.WriteLine();
    Console.Error.WriteLine(e is AggregateException several ? several.InnerExceptions[0].Message : e.Message);
    Console.Error.WriteLine("Set Ciam__Authority, Ciam__ClientId, Ciam__ClientSecret and, if there are scopes to ask for, "
        + "Ciam__Scope. Set none of them to see the story with an emulated portal.");
    return 1;
}

return reporter.ExitCode;
