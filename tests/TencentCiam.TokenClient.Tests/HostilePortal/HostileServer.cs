using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace TencentCiam.TokenClient.Tests.HostilePortal;

/// <summary>
/// A server on a free loopback port that writes exactly the bytes it is given, and records everything it receives. HTTP
/// is left to the tests, because no HTTP server would send most of what they need.
/// </summary>
internal sealed class HostileServer : IAsyncDisposable
{
    /// <summary>All waits use the fake clock. This limit only makes a test fail instead of hang.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(1);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<HostileConnection> _accepted = Channel.CreateUnbounded<HostileConnection>();
    private readonly Func<HostileConnection, Task>? _script;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly Task _accepting;

    /// <param name="script">
    /// Handles each connection, which is closed when it ends. Without one, the test handles the connections itself.
    /// </param>
    /// <param name="tls">Makes the server speak TLS.</param>
    public HostileServer(Func<HostileConnection, Task>? script = null, SslServerAuthenticationOptions? tls = null)
    {
        (_script, _tls) = (script, tls);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public Uri Authority => new($"{(_tls is null ? "http" : "https")}://127.0.0.1:{Port}");

    public ConcurrentQueue<HostileConnection> Connections { get; } = new();

    /// <summary>Reads each complete request, writes these pieces, and closes the connection.</summary>
    public static HostileServer Responding(params string[] pieces)
        => new(async connection =>
        {
            await connection.RequestAsync();
            foreach (var piece in pieces)
            {
                await connection.SendAsync(piece);
            }
        });

    /// <summary>
    /// A response with a body and its length that ends its connection: the client would read a second one there as a
    /// broken connection.
    /// </summary>
    public static string Response(int status, string body = "", params string[] headers)
        => string.Concat(headers.Append($"Content-Length: {body.Length}").Append("Connection: close").Select(header => header + "\r\n")
            .Prepend($"HTTP/1.1 {status} Whatever\r\n").Append("\r\n").Append(body));

    /// <summary>The next connection that has not been returned yet.</summary>
    public async Task<HostileConnection> ConnectionAsync()
        => await _accepted.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(MaxWait);

    /// <summary>Asserts that nothing has ever connected.</summary>
    public async Task AssertUntouchedAsync()
    {
        // Connections are accepted in the order of arrival: if this one is the first, there was none before it.
        using var probe = new TcpClient();
        await probe.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
        var first = await ConnectionAsync();
        Assert.Equal(((IPEndPoint)probe.Client.LocalEndPoint!).Port, first.RemotePort);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        foreach (var connection in Connections)
        {
            connection.Dispose();
            await connection.Ended;
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = new HostileConnection(await _listener.AcceptSocketAsync(), _tls, _script);
                Connections.Enqueue(connection);
                _accepted.Writer.TryWrite(connection);
                connection.Start();
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            // Disposed, which TcpListener reports in more than one way.
        }
    }
}

/// <summary>One connection to a <see cref="HostileServer"/>. Each character of a string is one byte (Latin-1).</summary>
internal sealed partial class HostileConnection : IDisposable
{
    /// <summary>The size at which a flood stops, so that a client without a cap fails its test instead of hanging it.</summary>
    public const int EndOfFlood = 64 * 1024 * 1024;

    private readonly Socket _socket;
    private readonly StringBuilder _received = new();
    private readonly Task<Task>? _script;
    private Stream _stream;
    private int _read;

    public HostileConnection(Socket socket, SslServerAuthenticationOptions? tls, Func<HostileConnection, Task>? script)
    {
        // A small buffer, so that little is sent before the client reads it; and every piece is sent immediately.
        (socket.SendBufferSize, socket.NoDelay) = (64 * 1024, true);
        _socket = socket;
        _stream = new NetworkStream(socket);
        RemotePort = ((IPEndPoint)socket.RemoteEndPoint!).Port;
        _script = script is null ? null : new Task<Task>(() => RunAsync(tls, script));
        Ended = _script?.Unwrap() ?? Task.CompletedTask;
    }

    public int RemotePort { get; }

    /// <summary>Completes when the script has ended.</summary>
    public Task Ended { get; }

    /// <summary>Whether a TLS handshake succeeded.</summary>
    public bool IsEncrypted { get; private set; }

    /// <summary>Everything that was received; over TLS, everything after the handshake.</summary>
    public string Received
    {
        get
        {
            lock (_received)
            {
                return _received.ToString();
            }
        }
    }

    /// <summary>How many bytes were written.</summary>
    public long Sent { get; private set; }

    /// <summary>Runs the script on a thread of its own: a flood must not block those who await it.</summary>
    public void Start() => _script?.Start(TaskScheduler.Default);

    /// <summary>The next request, head and body.</summary>
    public async Task<string> RequestAsync()
    {
        while (true)
        {
            var rest = Received[_read..];
            if (rest.IndexOf("\r\n\r\n", StringComparison.Ordinal) is > 0 and var head
                && head + 4 + ContentLength(rest[..head]) is var length && rest.Length >= length)
            {
                _read += length;
                return rest[..length];
            }

            if (await ReceiveAsync() == 0)
            {
                throw new IOException("The client disconnected before its request was complete.");
            }
        }

        static int ContentLength(string head)
            => ContentLengthHeader().Match(head) is { Success: true } match
                ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
                : 0;
    }

    /// <summary>Receives what comes next; returns 0 when the client has disconnected.</summary>
    public async Task<int> ReceiveAsync()
    {
        var buffer = new byte[4096];
        var count = await _stream.ReadAsync(buffer).AsTask().WaitAsync(HostileServer.MaxWait);
        lock (_received)
        {
            _received.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return count;
    }

    /// <summary>Waits until the client disconnects.</summary>
    public async Task ClientDisconnectsAsync()
    {
        try
        {
            while (await ReceiveAsync() > 0)
            {
            }
        }
        catch (IOException)
        {
            // It disconnected with a reset.
        }
    }

    public Task SendAsync(string piece) => SendAsync(Encoding.Latin1.GetBytes(piece));

    public async Task SendAsync(ReadOnlyMemory<byte> piece)
    {
        await _stream.WriteAsync(piece);
        Sent += piece.Length;
    }

    /// <summary>Sends the same piece repeatedly until the client disconnects.</summary>
    public async Task FloodAsync(string piece)
    {
        var pieces = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(piece, 1 + (16 * 1024 / piece.Length))));
        while (Sent < EndOfFlood)
        {
            await SendAsync(pieces);
        }
    }

    /// <summary>Closes with a RST, where <see cref="Dispose"/> closes with a FIN.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        Dispose();
    }

    public void Dispose()
    {
        _socket.Dispose();
        _stream.Dispose();
    }

    [GeneratedRegex("^Content-Length: *([0-9]+)", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex ContentLengthHeader();

    private async Task RunAsync(SslServerAuthenticationOptions? tls, Func<HostileConnection, Task> script)
    {
        try
        {
            if (tls is not null)
            {
                var encrypted = new SslStream(_stream);
                await encrypted.AuthenticateAsServerAsync(tls);
                (_stream, IsEncrypted) = (encrypted, true);
            }

            await script(this);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or AuthenticationException)
        {
            // The client disconnected, which most of these tests expect.
        }
        finally
        {
            Dispose();
        }
    }
}
