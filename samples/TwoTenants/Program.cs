// A service that calls APIs of two CIAM tenants, each with that tenant's tokens. README.md has the commands.
using Refit;
using TencentCiam.TokenClient;
using TwoTenants;

var builder = WebApplication.CreateBuilder(args);
var orders = builder.Configuration.GetRequiredSection("Orders");

// The sections "Ciam:europe" and "Ciam:asia".
builder.Services.AddCiamClientCredentials(Tenants.Europe);
builder.Services.AddCiamClientCredentials(Tenants.Asia);

builder.Services.AddHttpClient<EuropeOrdersClient>(client => client.BaseAddress = orders.GetValue<Uri>(Tenants.Europe))
    .AddCiamClientCredentialsHandler(Tenants.Europe);
builder.Services.AddRefitGeneratedClient<IAsiaOrdersApi>()
    .ConfigureHttpClient(client => client.BaseAddress = orders.GetValue<Uri>(Tenants.Asia))
    .AddCiamClientCredentialsHandler(Tenants.Asia);

builder.Services.AddHealthChecks()
    .AddCheck<TokenHealthCheck>(Tenants.Europe)
    .AddCheck<TokenHealthCheck>(Tenants.Asia);
builder.Services.AddProblemDetails();

var app = builder.Build();

// Without its token a call is not sent. That is no fault of whoever asked this service. Refit wraps what it meets.
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
