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
                took.Add((await ChildProcess.RunAsync(ChildArgument, index.ToString(CultureInfo.InvariantCulture)))[0]);
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
}
