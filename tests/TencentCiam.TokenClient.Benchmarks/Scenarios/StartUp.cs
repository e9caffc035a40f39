using System.Diagnostics;
using System.Globalization;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>The time from registration to the first call with a token, each in a new process.</summary>
internal static class StartUp
{
    /// <summary>The argument that starts a child process.</summary>
    public const string ChildArgument = "start-up-child";

    public static async Task<IReadOnlyList<Figure>> RunAsync(Effort effort)
    {
        var runs = effort == Effort.Full ? 11 : 1;
        var figures = new List<Figure>();
        for (var index = 0; index < PeerCatalogue.All.Count; index++)
        {
            if (!PeerCatalogue.All[index].AttachesTokens)
            {
                continue;
            }

            var took = new List<double>();
            for (var run = 0; run < runs; run++)
            {
                took.Add(await RunChildAsync(index));
            }

            figures.Add(new(PeerCatalogue.All[index].ToString(), "time to first call", took.Order().ElementAt(runs / 2), "ms"));
        }

        return figures;
    }

    /// <summary>Runs in the child process: makes one call and writes its duration to standard output.</summary>
    public static async Task RunAsChildAsync(int peer)
    {
        var from = Stopwatch.GetTimestamp();
        using var created = PeerCatalogue.All[peer].Create(new InMemoryEnvironment(TimeSpan.FromSeconds(299)));
        await created.CallAsync();
        Console.WriteLine(Stopwatch.GetElapsedTime(from).TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task<double> RunChildAsync(int peer)
    {
        using var child = Process.Start(new ProcessStartInfo(
            "dotnet", [typeof(StartUp).Assembly.Location, ChildArgument, peer.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        return child.ExitCode == 0
            ? double.Parse(output, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"The child process for {PeerCatalogue.All[peer]} exited with code {child.ExitCode}.");
    }
}
