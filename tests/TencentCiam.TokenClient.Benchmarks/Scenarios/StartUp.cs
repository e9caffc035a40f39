using System.Diagnostics;
using System.Globalization;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>From the registration to the first attached header, each time in a cold process of its own.</summary>
internal static class StartUp
{
    /// <summary>The argument with which a child process is started.</summary>
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

            figures.Add(new(PeerCatalogue.All[index].ToString(), "to the first call", took.Order().ElementAt(runs / 2), "ms"));
        }

        return figures;
    }

    /// <summary>What the child process does: one call, and how long it took on standard output.</summary>
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
            : throw new InvalidOperationException($"The child process for {PeerCatalogue.All[peer]} ended with {child.ExitCode}.");
    }
}
