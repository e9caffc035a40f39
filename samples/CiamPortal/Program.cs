// A CIAM portal for development: the emulator of TencentCiam.TokenClient.Testing over HTTP, for programs in any language, curl
// and containers. The commands are in README.md.
using CiamPortal;

var settings = new ConfigurationBuilder()
    .SetBasePath(AppContext.BaseDirectory)
    .AddJsonFile("appsettings.json", optional: true)
    .AddEnvironmentVariables("CIAMPORTAL_")
    .AddCommandLine(args)
    .Build();
try
{
    await using var server = await PortalHost.StartAsync(settings);
    await server.WaitForShutdownAsync();
    return 0;
}
catch (Exception e) when (StartFailure.Describe(e, settings) is { } description)
{
    Console.Error.WriteLine(description);
    return 1;
}
