using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace TencentCiam.TokenClient.Fleet.Tests.Servers;

/// <summary>A redis-server as a process that the test starts, pauses and kills.</summary>
internal sealed class RedisCacheServer : CacheServer
{
    private Process? _process;

    public override async Task StartAsync()
    {
        var start = new ProcessStartInfo("redis-server") { WorkingDirectory = Folder, RedirectStandardOutput = true };
        string[] arguments =
        [
            "--bind", "127.0.0.1",
            "--port", Port.ToString(CultureInfo.InvariantCulture),
            "--dir", Folder,
            "--save", "",

            // A test searches the dump for texts.
            "--rdbcompression", "no",
            "--appendonly", "no",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("redis-server is not installed.");
        }

        while (await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
            {
                // A server whose output nobody reads would stop once the pipe is full.
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return;
            }
        }

        Assert.Fail("redis-server has ended before it accepted connections.");
    }

    public override async Task KillAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
            _process = null;
        }
    }

    /// <summary>The connections remain open, but nothing is responded.</summary>
    public Task PauseAsync() => SignalAsync("-STOP");

    public Task ContinueAsync() => SignalAsync("-CONT");

    /// <summary>Lets the server write its memory to a file, and reads that.</summary>
    public async Task<byte[]> DumpAsync()
    {
        await ExecuteAsync("SAVE");
        return await File.ReadAllBytesAsync(Path.Combine(Folder, "dump.rdb"), TestContext.Current.CancellationToken);
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }
}
