using System.Diagnostics;

namespace Fleet;

/// <summary>One instance: this program, started once more.</summary>
internal sealed class InstanceProcess : IAsyncDisposable
{
    private readonly Action<string> _onFailedCall;
    private readonly Action<Exception> _onExit;
    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isKilled;

    /// <param name="settings">Its environment variables. Other users of the machine could see a secret in its arguments.</param>
    /// <param name="onFailedCall">Called for each call that it reports as failed.</param>
    /// <param name="onExit">Called if it ends by itself.</param>
    public InstanceProcess(
        IReadOnlyDictionary<string, string> settings,
        Action<string> onFailedCall,
        Action<Exception> onExit)
    {
        _onFailedCall = onFailedCall;
        _onExit = onExit;

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
        _process.OutputDataReceived += (_, received) => Receive(received.Data);
        _process.Exited += (_, _) => ReportExit();
        _process.Start();
        _process.BeginOutputReadLine();
    }

    /// <summary>Completed once the instance could call the orders API. Faulted if it has ended by itself.</summary>
    public Task Ready => _ready.Task;

    public Task BeginCallsAsync() => _process.StandardInput.WriteLineAsync();

    public async ValueTask DisposeAsync()
    {
        _isKilled = true;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Receive(string? line)
    {
        if (line == InstanceProgram.Ready)
        {
            _ready.TrySetResult();
        }
        else if (line is not null)
        {
            _onFailedCall(line);
        }
    }

    private void ReportExit()
    {
        if (!_isKilled)
        {
            var ended = new InvalidOperationException($"An instance has ended by itself, with exit code {_process.ExitCode}.");
            _ready.TrySetException(ended);
            _onExit(ended);
        }
    }
}
