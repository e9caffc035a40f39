using System.Diagnostics;

namespace TencentCiam.TokenClient.Samples.Tests.Prometheus;

/// <summary>Programs of Debian's package prometheus. Where they are not installed, the test is skipped.</summary>
internal static class Executable
{
    public static string Find(string name)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, $"{name} is not installed: on Debian, run apt-get install prometheus.");
        return found!;
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Find(name), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var cancellationToken = TestContext.Current.CancellationToken;
        var output = await Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, string.Concat(output));
    }
}
