using System.Diagnostics;

namespace Fleet;

/// <summary>One instance: this program, started once more.</summary>
internal sealed class InstanceProcess : IAsyncDisposable
{
    private readonly Process _process;
    private volatile bool _isKilled;

    /// <param name="settings">Its environment variables. Other users of the machine could see a secret in its arguments.</param>
    /// <param name="onFailedCall">Called for each call that it reports as failed.</param>
    /// <param name="onExit">Called with the exit code if it ends by itself.</param>
    public InstanceProcess(IReadOnlyDictionary<string, string> settings, Action<string> onFailedCall, Action<int> onExit)
    {
        // Either the program's own executable, or dotnet with the program as an argument.
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = AppContext.BaseDirectory,

            // The instance ends when its input does, and writes failed calls to its output.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(typeof(InstanceProcess).Assembly.Location);
        }

        start.ArgumentList.Add(InstanceProgram.Argument);
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, received) =>
        {
            if (received.Data is { } error)
            {
                onFailedCall(error);
            }
        };
        _process.Exited += (_, _) =>
        {
            if (!_isKilled)
            {
                onExit(_process.ExitCode);
            }
        };
        _process.Start();
        _process.BeginOutputReadLine();
    }

    public async ValueTask DisposeAsync()
    {
        _isKilled = true;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
