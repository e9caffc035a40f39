using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Threading.Channels;

namespace TencentCiam.TokenClient.Samples.Tests;

/// <summary>A sample that runs as its users run it: as a process with arguments, environment variables and output.</summary>
internal sealed class SampleProcess : IAsyncDisposable
{
    // Only reached by a defect: a failure is better than a run that hangs.
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly StringBuilder _read = new();
    private int _openStreams = 2;

    private SampleProcess(ProcessStartInfo startInfo)
    {
        _process = new Process { StartInfo = startInfo };
        _process.OutputDataReceived += (_, received) => Receive(received.Data);
        _process.ErrorDataReceived += (_, received) => Receive(received.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static string SamplesDirectory => Metadata("SamplesDirectory");

    private static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    public int Id => _process.Id;

    /// <summary>The output read so far; complete once the program has exited.</summary>
    public string Output => _read.ToString();

    public static SampleProcess Start(string sample, string[] arguments, params (string Name, string Value)[] environment)
        => StartProgram(AssemblyOf(sample), arguments, environment);

    /// <summary>The command that runs a sample, without its arguments.</summary>
    public static string Command(string sample) => $"'{Host}' exec '{AssemblyOf(sample)}'";

    /// <summary>Starts a bash script. If its last command runs in its own process, that process ends with this one.</summary>
    public static SampleProcess StartScript(string folder, string script, params (string Name, string Value)[] environment)
        => Start(folder, "bash", ["-euo", "pipefail", "-c", script], environment);

    /// <summary>Starts a program in its folder.</summary>
    public static SampleProcess StartProgram(
        string assembly,
        string[] arguments,
        params (string Name, string Value)[] environment)
        => Start(Path.GetDirectoryName(assembly)!, Host, ["exec", assembly, .. arguments], environment);

    /// <summary>What the project file says about the build.</summary>
    public static string Metadata(string key) => typeof(SampleProcess).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;

    /// <summary>Waits for the next output line that contains the text.</summary>
    public async Task<string> WaitForLineAsync(string text)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        cancellation.CancelAfter(Timeout);
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(cancellation.Token))
            {
                _read.AppendLine(line);
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"\"{text}\" was not printed in time. The output:\n{Output}");
        }

        throw new InvalidOperationException($"The program exited before it printed \"{text}\". The output:\n{Output}");
    }

    /// <summary>Waits until the program listens for HTTP requests, and returns the address.</summary>
    public async Task<Uri> WaitForAddressAsync()
        => new((await WaitForLineAsync("Now listening on: ")).Split("Now listening on: ")[1]);

    /// <summary>Sends the program SIGTERM, as container hosts do, and waits until it exits.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        return await WaitForExitAsync();
    }

    /// <summary>Kills the program, which cannot do anything about that.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until the program exits.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(Timeout, TestContext.Current.CancellationToken);
        await foreach (var line in _lines.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            _read.AppendLine(line);
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        // A failed test may leave its program running.
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private static SampleProcess Start(
        string folder,
        string program,
        string[] arguments,
        (string Name, string Value)[] environment)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signal that asks a program without a window to stop.");
        var startInfo = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            startInfo.Environment[name] = value;
        }

        return new SampleProcess(startInfo);
    }

    private static string AssemblyOf(string sample) => Path.GetFullPath(Path.Combine(
        Metadata("SamplesDirectory"), sample, "bin", Metadata("Configuration"), "net10.0", sample + ".dll"));

    private void Receive(string? line)
    {
        if (line is not null)
        {
            _lines.Writer.TryWrite(line);
        }
        else if (Interlocked.Decrement(ref _openStreams) == 0)
        {
            _lines.Writer.Complete();
        }
    }
}
