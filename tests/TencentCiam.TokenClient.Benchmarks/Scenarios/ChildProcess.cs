using System.Diagnostics;
using System.Globalization;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>This program once more, in a process of its own.</summary>
internal static class ChildProcess
{
    /// <summary>Returns the numbers that it writes to standard output, separated by spaces.</summary>
    public static async Task<double[]> RunAsync(params string[] arguments)
    {
        using var child = Process.Start(new ProcessStartInfo("dotnet", [typeof(ChildProcess).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        return child.ExitCode == 0
            ? [.. output.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))]
            : throw new InvalidOperationException($"The child process {string.Join(' ', arguments)} exited with code {child.ExitCode}.");
    }
}
