// A console program that calls an API with tokens, using the README's code. Its settings come from environment variables.
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);

// README.md ## Use it

// The README's API address is fictitious; the API of this test is on this machine.
var ordersOnThisMachine = new Uri(builder.Configuration["OrdersApi"]!);
builder.Services.AddHttpClient<OrdersClient>().ConfigurePrimaryHttpMessageHandler(() => new OriginOverrideHandler(ordersOnThisMachine));

using var host = builder.Build();
await host.StartAsync();

var startUp = DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(builder.Configuration["StartedAt"]!));
Console.WriteLine($".NET {Environment.Version.Major}, native: {!RuntimeFeature.IsDynamicCodeSupported}");
Console.WriteLine($"Start-up: {startUp.TotalMilliseconds:0} ms");

try
{
    Console.WriteLine(await host.Services.GetRequiredService<OrdersClient>().GetOrdersAsync());
    var token = await host.Services.GetRequiredService<ICiamTokenProvider>().GetTokenAsync();
    Console.WriteLine($"Token for {token.Scope}, id {token.ReadJwt().Id}");
}
catch (CiamTokenException e)
{
    Console.WriteLine($"{e.Error.GetType().Name}: {e.Message}");
}

await host.StopAsync();
