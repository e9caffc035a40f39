// A fleet on one machine: twenty instances of a program, each in a process of its own, share their tokens in a Redis-compatible
// cache. README.md says what is printed.
using Fleet;
using Quickstart;
using StackExchange.Redis;

if (InstanceProgram.IsInstance(args))
{
    await InstanceProgram.RunAsync();
    return 0;
}

if (FleetArguments.Parse(args, out var error) is not { } arguments)
{
    Console.Error.WriteLine(error);
    return 2;
}

await using var cache = arguments.Redis is null ? EmbeddedCache.Start() : null;
var cacheAddress = cache?.Address ?? arguments.Redis!;
try
{
    await using var connection = await ConnectionMultiplexer.ConnectAsync(cacheAddress);
}
catch (RedisConnectionException)
{
    Console.Error.WriteLine($"No Redis server responds at {cacheAddress}. Start one there, or leave out --redis.");
    return 1;
}

var traffic = new Traffic();
await using var portal = await EmulatedPortal.StartAsync(traffic);
await using var instances = new Instances(portal, cacheAddress, traffic);
var reporter = new StepReporter(Console.Out);

Console.WriteLine($"This program emulates a CIAM portal, and an orders API that accepts its tokens, at {portal.Address}");
Console.WriteLine(cache is null
    ? $"The shared cache is the Redis server at {cacheAddress}"
    : $"The shared cache is a Garnet, which speaks Redis' protocol, at {cacheAddress}");
Console.WriteLine($"A token lives {EmulatedPortal.TokenLifetime.TotalSeconds} s. "
    + "Each instance calls the orders API about three times per second.");

// The host stops the steps at Ctrl+C or SIGTERM. The instances end with the end of this program.
var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders();
builder.Services.AddHostedService(services => new FleetSteps(
    reporter, instances, traffic, cache, arguments.Lives, services.GetRequiredService<IHostApplicationLifetime>()));
await builder.Build().RunAsync();
return reporter.ExitCode;
