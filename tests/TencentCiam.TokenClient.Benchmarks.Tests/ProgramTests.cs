using System.Diagnostics;
using TencentCiam.TokenClient.Benchmarks.Scenarios;

namespace TencentCiam.TokenClient.Benchmarks.Tests;

public sealed class ProgramTests
{
    [Fact]
    public async Task The_benchmark_program_prints_its_usage_when_run_without_arguments()
    {
        var (exitCode, errors) = await RunAsync();

        Assert.Equal(2, exitCode);
        Assert.All(ScenarioCatalogue.All, scenario => Assert.Contains(scenario.Title, errors, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_benchmark_program_rejects_an_unknown_scenario_and_runs_none()
    {
        var (exitCode, errors) = await RunAsync("growth", "shrinkage");

        Assert.Equal(2, exitCode);
        Assert.StartsWith("Unknown scenario: shrinkage.", errors, StringComparison.Ordinal);
        Assert.Contains("dotnet run -c Release", errors, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Errors)> RunAsync(params string[] arguments)
    {
        using var program = Process.Start(new ProcessStartInfo("dotnet", [typeof(Scenario).Assembly.Location, .. arguments])
        {
            RedirectStandardError = true,
        })!;
        var errors = await program.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (program.ExitCode, errors);
    }
}
