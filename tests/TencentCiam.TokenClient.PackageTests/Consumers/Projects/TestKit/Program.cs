// What a test does with the Testing package as its only reference.
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.Testing;

var services = new ServiceCollection();
services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());

// README.md ## Test your own code

using var provider = services.BuildServiceProvider();
var tokens = provider.GetRequiredService<ICiamTokenProvider>();

try
{
    await tokens.GetTokenAsync();
}
catch (CiamTokenException e)
{
    Console.WriteLine($"{e.Error.GetType().Name}, retry after {e.Error.RetryAfter}");
}

// The provider makes no request before Retry-After has passed; the typed client makes one request per call.
var result = await provider.GetRequiredService<CiamTokenClient>().RequestTokenAsync();
var token = result.GetTokenOrThrow();
Console.WriteLine($"A token for {token.Scope}, active: {portal.IsActive(token.Value)}, after {portal.Requests.Count} requests");
