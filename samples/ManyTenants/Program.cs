// A service whose tenants are in a database and can be added, changed and removed while it runs. The commands are in README.md.
using ManyTenants;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

var builder = WebApplication.CreateBuilder(args);

await using var portal = await EmulatedPortal.StartAsync(builder.Configuration.GetValue<TimeSpan>("AccessTokenLifetime"));
builder.Services.AddSingleton(portal);

var connectionString = builder.Configuration.GetConnectionString("Tenants");
builder.Services.AddDbContext<TenantsDbContext>(options => options.UseSqlite(connectionString));

// This is all that a program needs in order to call the API as any of its tenants.
builder.Services.AddCiamClientStore<TenantStore>();
builder.Services.AddHttpClient<OrdersClient>(client => client.BaseAddress = portal.Address)
    .AddCiamClientCredentialsHandler(options => options.Scope = "orders.read");

builder.Services.AddProblemDetails();
await using var app = builder.Build();

// A database in memory exists as long as a connection to it is open.
await using var connection = new SqliteConnection(connectionString);
await connection.OpenAsync();
await using (var scope = app.Services.CreateAsyncScope())
{
    await scope.ServiceProvider.GetRequiredService<TenantsDbContext>().Database.EnsureCreatedAsync();
}

app.UseExceptionHandler();
app.MapPut("/tenants/{name}", TenantEndpoints.PutAsync);
app.MapDelete("/tenants/{name}", TenantEndpoints.DeleteAsync);
app.MapGet("/tenants/{name}/orders", TenantEndpoints.GetOrdersAsync);

await app.RunAsync();
