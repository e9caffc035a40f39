using System.Globalization;
using Garnet;

namespace TencentCiam.TokenClient.Fleet.Tests.Servers;

/// <summary>A Garnet in the tests' process.</summary>
internal sealed class GarnetCacheServer : CacheServer
{
    private GarnetServer? _server;

    public override Task StartAsync()
    {
        _server = new GarnetServer(
        [
            "--bind", "127.0.0.1",
            "--port", Port.ToString(CultureInfo.InvariantCulture),
            "--checkpointdir", Folder,
            "--memory", "64m",
            "--page", "1m",
            "--index", "1m",
        ]);
        _server.Start();
        return Task.CompletedTask;
    }

    public override Task KillAsync()
    {
        _server?.Dispose();
        _server = null;
        return Task.CompletedTask;
    }
}
