// A service that calls APIs of two CIAM tenants, each with that tenant's tokens. The commands are in README.md.
using Refit;
using TencentCiam.TokenClient;
using TwoTenants;

var builder = WebApplication.CreateBuilder(args);
var orders = builder.Configuration.GetRequiredSection("Orders");

// Read from the sections "Ciam:europe" and "Ciam:asia".
builder.Services.AddCiamClientCredentials(Tenants.Europe);
builder.Services.AddCiamClientCredentials(Tenants.Asia);

builder.Services.AddHttpClient<EuropeOrdersClient>(client => client.BaseAddress = orders.GetValue<Uri>(Tenants.Europe))
    .AddCiamClientCredentialsHandler(Tenants.Europe);
builder.Services.AddRefitGeneratedClient<IAsiaOrdersApi>()
    .ConfigureHttpClient(client => client.BaseAddress = orders.GetValue<Uri>(Tenants.Asia))
    .AddCiamClientCredentialsHandler(Tenants.Asia);

// Healthy once both tenants have issued a token, which the option StartupMode acquires without a call. Never makes a request.
builder.Services.AddHealthChecks()
    .AddCiamClientCredentials(Tenants.Europe)
    .AddCiamClientCredentials(Tenants.Asia);
builder.Services.AddProblemDetails();

var app = builder.Build();

// A call without a token is not sent. That is not the fault of this service's caller, so the caller gets 502. Refit wraps the
// exception in one of its own.
app.UseExceptionHandler(new ExceptionHandlerOptions
{
    StatusCodeSelector = e => e is CiamTokenException or { InnerException: CiamTokenException }
        ? StatusCodes.Status502BadGateway
        : StatusCodes.Status500InternalServerError,
});

app.MapHealthChecks("/health");
app.MapGet("/orders", async (EuropeOrdersClient europe, IAsiaOrdersApi asia, CancellationToken cancellationToken) =>
{
    var lists = await Task.WhenAll(europe.GetOrdersAsync(cancellationToken), asia.GetOrdersAsync(cancellationToken));
    return new { Europe = lists[0], Asia = lists[1] };
});

app.Run();
