using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Perfolizer.Horology;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>Runs the classes that BenchmarkDotNet measures, and keeps what a peer adds to its floor.</summary>
internal static class MicroBenchmarks
{
    // Many short iterations, of which the fastest counts: on a machine that others use, what is slower was slowed by them.
    private static readonly Job Full = Job.ShortRun
        .WithWarmupCount(6).WithIterationCount(20).WithIterationTime(TimeInterval.FromMilliseconds(150));

    public static Task<IReadOnlyList<Figure>> RunAsync<TBenchmark>(Effort effort)
    {
        // In this process: the generated projects of the other toolchains would be built under this repository's rules.
        var job = (effort == Effort.Full ? Full : Job.Dry)
            .WithToolchain(InProcessNoEmitToolchain.Instance);
        // All figures go into the results: the files that it writes besides are of no use.
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
            throw new InvalidOperationException($"{typeof(TBenchmark).Name} did not run to its end.");
        }

        IReadOnlyList<Figure> figures =
        [
            .. summary.Reports
                .GroupBy(report => report.BenchmarkCase.Parameters[0].Value)
                .SelectMany(reports => FiguresOf(
                    reports.Key.ToString()!,
                    reports.Single(report => report.BenchmarkCase.Descriptor.Baseline),
                    reports.Single(report => !report.BenchmarkCase.Descriptor.Baseline))),
        ];
        return Task.FromResult(figures);
    }

    private static Figure[] FiguresOf(string peer, BenchmarkReport floor, BenchmarkReport report)
        =>
        [
            new(peer, "floor", Nanoseconds(floor), "ns"),
            new(peer, "added", Nanoseconds(report) - Nanoseconds(floor), "ns"),
            new(peer, "floor allocated", Bytes(floor), "B"),
            new(peer, "added allocated", Bytes(report) - Bytes(floor), "B"),
        ];

    private static double Nanoseconds(BenchmarkReport report) => report.ResultStatistics!.Min;

    private static double? Bytes(BenchmarkReport report) => report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase);
}
