using System.Diagnostics;
using System.Text;

namespace TencentCiam.TokenClient.PackageTests;

/// <summary>Runs a program to its end, which it must reach in time and without an error.</summary>
internal static class Command
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(5);

    /// <returns>What the program wrote, to whichever stream.</returns>
    public static async Task<string> RunAsync(
        string program,
        string arguments,
        string workingDirectory,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        var output = new StringBuilder();
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = workingDirectory,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.OutputDataReceived += Add;
        process.ErrorDataReceived += Add;
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            process.StartInfo.Environment[name] = value;
        }

        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeLimit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {arguments} was ended before it did so itself:\n{output}");
        }

        Assert.True(process.ExitCode == 0, $"{program} {arguments} ended with {process.ExitCode}:\n{output}");
        return output.ToString();

        void Add(object sender, DataReceivedEventArgs line)
        {
            // Null: the end of the stream.
            if (line.Data is { } text)
            {
                lock (output)
                {
                    output.AppendLine(text);
                }
            }
        }
    }
}
