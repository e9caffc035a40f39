using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Garnet;

namespace Fleet;

/// <summary>A Garnet in this process, on a free port of this machine, so that no server has to be installed.</summary>
internal sealed class EmbeddedCache : IAsyncDisposable
{
    private readonly int _port = FindFreePort();
    private readonly string _folder = Directory.CreateTempSubdirectory("ciam-fleet-").FullName;
    private GarnetServer? _server;

    private EmbeddedCache()
    {
    }

    public string Address => $"127.0.0.1:{_port}";

    public static EmbeddedCache Start()
    {
        var cache = new EmbeddedCache();
        cache.Restart();
        return cache;
    }

    /// <summary>Ends the server without notice. Its entries are lost.</summary>
    public void Kill()
    {
        _server?.Dispose();
        _server = null;
    }

    /// <summary>Starts the server, empty.</summary>
    public void Restart()
    {
        _server = new GarnetServer(
        [
            "--bind", "127.0.0.1",
            "--port", _port.ToString(CultureInfo.InvariantCulture),
            "--checkpointdir", _folder,
            "--memory", "64m",
            "--page", "1m",
            "--index", "1m",
            "--disable-console-logger", "true",
            "-q", "true",
        ]);
        _server.Start();
    }

    public ValueTask DisposeAsync()
    {
        Kill();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
