using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Perfolizer.Horology;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>Runs a BenchmarkDotNet class and reports what each peer adds to its baseline.</summary>
internal static class MicroBenchmarks
{
    // Many short iterations, of which the fastest counts: other load on the machine can only slow an iteration down.
    private static readonly Job Full = Job.ShortRun
        .WithWarmupCount(6).WithIterationCount(20).WithIterationTime(TimeInterval.FromMilliseconds(150));

    public static Task<IReadOnlyList<Figure>> RunAsync<TBenchmark>(Effort effort)
    {
        // In process: this repository's build rules would apply to the projects that the other toolchains generate.
        var job = (effort == Effort.Full ? Full : Job.Dry)
            .WithToolchain(InProcessNoEmitToolchain.Instance);
        // The files that BenchmarkDotNet writes are not needed: the results hold all figures.
        var artifacts = Directory.CreateTempSubdirectory("ciam-benchmarks-");
        var config = effort == Effort.Full
            ? ManualConfig.Create(DefaultConfig.Instance)
            : ManualConfig.CreateEmpty().AddLogger(NullLogger.Instance)
                .AddColumnProvider(BenchmarkDotNet.Columns.DefaultColumnProviders.Instance);
        var summary = BenchmarkRunner.Run<TBenchmark>(
            config.AddJob(job).WithOptions(ConfigOptions.DisableLogFile).WithArtifactsPath(artifacts.FullName));
        artifacts.Delete(recursive: true);
        if (summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success))
        {
            throw new InvalidOperationException($"{typeof(TBenchmark).Name} did not complete.");
        }

        var reports = summary.Reports.ToLookup(report => report.BenchmarkCase.Parameters[0].Value.ToString()!);
        IReadOnlyList<Figure> figures =
        [
            .. PeerCatalogue.NamesOf(reports.Select(group => group.Key)).SelectMany(peer => FiguresOf(
                peer,
                reports[peer].Single(report => report.BenchmarkCase.Descriptor.Baseline),
                reports[peer].Single(report => !report.BenchmarkCase.Descriptor.Baseline))),
        ];
        return Task.FromResult(figures);
    }

    private static Figure[] FiguresOf(string peer, BenchmarkReport baseline, BenchmarkReport report)
        =>
        [
            new(peer, "baseline", Nanoseconds(baseline), "ns"),
            new(peer, "added", Nanoseconds(report) - Nanoseconds(baseline), "ns"),
            new(peer, "baseline allocation", Bytes(baseline), "B"),
            new(peer, "added allocation", Bytes(report) - Bytes(baseline), "B"),
        ];

    private static double Nanoseconds(BenchmarkReport report) => report.ResultStatistics!.Min;

    private static double? Bytes(BenchmarkReport report) => report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase);
}
