using System.Diagnostics;

namespace Fleet;

/// <summary>One instance: this program, started once more.</summary>
internal sealed class InstanceProcess : IAsyncDisposable
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<string> _onFailedCall;
    private readonly Action<Exception> _onExit;
    private readonly Process _process;
    private readonly Thread _output;
    private volatile bool _isKilled;

    /// <param name="settings">Its environment variables. Other users of the machine could see a secret in its arguments.</param>
    /// <param name="onFailedCall">Called with the error message of each call that failed.</param>
    /// <param name="onExit">Called if it ends by itself.</param>
    public InstanceProcess(
        IReadOnlyDictionary<string, string> settings,
        Action<string> onFailedCall,
        Action<Exception> onExit)
    {
        (_onFailedCall, _onExit) = (onFailedCall, onExit);
        _process = new Process { StartInfo = CreateStartInfo(settings), EnableRaisingEvents = true };
        _process.Exited += (_, _) => ReportExit();
        _process.Start();

        // Not BeginOutputReadLine, which would block a thread of the pool for each instance: portal, API and cache need them.
        _output = new Thread(ReadOutput) { IsBackground = true };
        _output.Start();
    }

    /// <summary>Completed once the instance could call the orders API.</summary>
    public Task Ready => _ready.Task;

    public Task BeginCallsAsync() => _process.StandardInput.WriteLineAsync();

    public async ValueTask DisposeAsync()
    {
        _isKilled = true;
        _process.Kill();
        await _process.WaitForExitAsync();
        _output.Join();
        _process.Dispose();
    }

    private static ProcessStartInfo CreateStartInfo(IReadOnlyDictionary<string, string> settings)
    {
        // Either the program's own executable, or dotnet with the program as an argument.
        var program = Environment.ProcessPath!;
        var isDotnet = Path.GetFileNameWithoutExtension(program) == "dotnet";
        string[] arguments = isDotnet
            ? ["exec", typeof(InstanceProcess).Assembly.Location, InstanceProgram.Argument]
            : [InstanceProgram.Argument];

        var startInfo = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = AppContext.BaseDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in settings)
        {
            startInfo.Environment[name] = value;
        }

        return startInfo;
    }

    private void ReadOutput()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            if (line == ParentConnection.Ready)
            {
                _ready.TrySetResult();
            }
            else
            {
                _onFailedCall(line);
            }
        }
    }

    private void ReportExit()
    {
        // Ctrl+C reaches the instances, too. The exit code is 130 if that is while they start.
        if (!_isKilled && _process.ExitCode is not (0 or 130))
        {
            var ended = new InvalidOperationException($"An instance ended by itself, with exit code {_process.ExitCode}.");
            _ready.TrySetException(ended);
            _onExit(ended);
        }
    }
}
