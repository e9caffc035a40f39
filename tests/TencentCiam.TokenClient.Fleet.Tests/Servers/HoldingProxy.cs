using System.Net;
using System.Net.Sockets;

namespace TencentCiam.TokenClient.Fleet.Tests.Servers;

/// <summary>A TCP proxy before a server. It can hold the server's responses back, as a slow network does.</summary>
internal sealed class HoldingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private volatile TaskCompletionSource _mayRespond = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HoldingProxy(CacheServer server)
    {
        Release();
        _listener.Start();
        _ = AcceptAsync(server.Port);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Holds all responses back from now on.</summary>
    public void Hold() => _mayRespond = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Forwards what was held back, and all that follows.</summary>
    public void Release() => _mayRespond.TrySetResult();

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync(int port)
    {
        var end = _end.Token;
        while (!end.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(end);
            var server = new TcpClient();
            await server.ConnectAsync(IPAddress.Loopback, port, end);
            _ = ForwardAsync(client, server, isHeld: false, end);
            _ = ForwardAsync(server, client, isHeld: true, end);
        }
    }

    private async Task ForwardAsync(TcpClient from, TcpClient to, bool isHeld, CancellationToken end)
    {
        using (from)
        {
            var buffer = new byte[16 * 1024];
            while (await from.GetStream().ReadAsync(buffer, end) is > 0 and var length)
            {
                if (isHeld)
                {
                    await _mayRespond.Task.WaitAsync(end);
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, length), end);
            }
        }
    }
}
