// What somebody's test does, with nothing but the Testing package.
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
    Console.WriteLine($"{e.Error.GetType().Name}, come back in {e.Error.RetryAfter}");
}

// The provider leaves the portal alone for as long as it asked to be; the typed client makes a request a call.
var result = await provider.GetRequiredService<CiamTokenClient>().RequestTokenAsync();
var token = result.GetTokenOrThrow();
Console.WriteLine($"A token for {token.Scope}, active: {portal.IsActive(token.Value)}, after {portal.Requests.Count} requests");
