using System.Diagnostics;

namespace TencentCiam.TokenClient.PackageTests;

/// <summary>Runs a program until it exits, with a time limit.</summary>
internal static class Command
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(8);

    /// <summary>Returns the standard output. If the exit code is not 0, throws an exception with the complete output.</summary>
    public static async Task<string> RunAsync(
        string folder,
        string program,
        string[] arguments,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                // Build processes that are kept for reuse would outlive the tests and keep their output open.
                ["MSBUILDDISABLENODEREUSE"] = "1",
                ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
                ["UseSharedCompilation"] = "false",
            },
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeLimit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} exceeded the time limit:\n{await output}{await error}");
        }

        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} exited with code {process.ExitCode}:\n{await output}{await error}");
    }
}
