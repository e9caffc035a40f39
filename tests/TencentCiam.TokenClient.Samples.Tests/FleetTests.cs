using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace TencentCiam.TokenClient.Samples.Tests;

public sealed partial class FleetTests
{
    private const int Size = 20;
    private static readonly string[] Steps = ["1. 20 instances", "2. One token", "3. A new instance", "4. The cache", "5. Summary"];

    [Fact]
    public async Task Twenty_instances_share_their_tokens_and_survive_the_loss_of_the_cache()
    {
        await using var fleet = SampleProcess.Start("Fleet", ["--lives", "1"]);
        await fleet.WaitForLineAsync(Steps[1]);
        using var instances = Children.Of(fleet);
        var secret = instances.ReadEnvironment("Ciam__ClientSecret");
        await ReadStepsAsync(fleet, Steps[2..]);

        Assert.True(await fleet.WaitForExitAsync() == 0, fleet.Output);
        Assert.Equal(Size, instances.Count);
        await instances.WaitForExitAsync();

        var output = fleet.Output;
        var (requests, saved) = Numbers(output, SummarizedRequests());
        var (calls, failed) = Numbers(output, SummarizedCalls());
        Assert.InRange(saved, 1, int.MaxValue);
        Assert.InRange(calls, requests, int.MaxValue);
        Assert.Equal(0, failed);
        Assert.DoesNotContain(secret, output, StringComparison.Ordinal);
        Assert.DoesNotContain(WebUtility.UrlEncode(secret), output, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_Redis_server_of_the_users_the_outage_of_the_cache_is_skipped()
    {
        var port = LoopbackPort.FindFree();
        using var redis = StartRedis(port);
        try
        {
            await using var fleet = SampleProcess.Start("Fleet", ["--redis", $"127.0.0.1:{port}", "--lives", "1"]);
            await ReadStepsAsync(fleet, Steps);

            Assert.True(await fleet.WaitForExitAsync() == 0, fleet.Output);
            Assert.Contains("Skipped the outage of the cache", fleet.Output, StringComparison.Ordinal);
            Assert.Equal(0, Numbers(fleet.Output, SummarizedCalls()).Second);
        }
        finally
        {
            redis.Kill();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_instances_end_with_the_program_that_started_them(bool isKilled)
    {
        await using var fleet = SampleProcess.Start("Fleet", []);
        await fleet.WaitForLineAsync(Steps[0]);
        var instances = Children.Of(fleet);
        while (instances.Count < Size)
        {
            instances.Dispose();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            instances = Children.Of(fleet);
        }

        if (isKilled)
        {
            await fleet.KillAsync();
        }
        else
        {
            // Not all steps have run.
            Assert.Equal(1, await fleet.StopAsync());
            Assert.DoesNotContain("FAILED", fleet.Output, StringComparison.Ordinal);
        }

        await instances.WaitForExitAsync();
        instances.Dispose();
    }

    [Theory]
    [InlineData("Unknown argument \"--size\". Write: dotnet run --project samples/Fleet --", "--size", "20")]
    [InlineData("Unknown argument \"instance\".", "instance")]
    [InlineData("--lives must be followed by a whole number from 1 to 1000", "--lives")]
    [InlineData("--lives must be followed by a whole number from 1 to 1000", "--lives", "0")]
    [InlineData("--redis must be followed by the address of a Redis server, as in: --redis localhost:6379", "--redis")]
    [InlineData("--redis must be followed by the address of a Redis server, as in: --redis localhost:6379", "--redis", "localhost")]
    [InlineData("--redis must be followed by the address of a Redis server", "--redis", "user:sEcrEt@localhost:6379")]
    public async Task A_wrong_argument_is_explained(string explanation, params string[] arguments)
    {
        await using var fleet = SampleProcess.Start("Fleet", arguments);

        Assert.Equal(2, await fleet.WaitForExitAsync());
        Assert.StartsWith(explanation, fleet.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sEcrEt", fleet.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Redis_server_that_does_not_respond_is_explained()
    {
        await using var fleet = SampleProcess.Start("Fleet", ["--redis", $"127.0.0.1:{LoopbackPort.FindFree()}"]);

        Assert.Equal(1, await fleet.WaitForExitAsync());
        Assert.StartsWith("No Redis server responds at 127.0.0.1:", fleet.Output, StringComparison.Ordinal);
    }

    // Waits for each step by itself, so that a busy machine may take longer than a wait's limit for all of them.
    private static async Task ReadStepsAsync(SampleProcess fleet, string[] steps)
    {
        foreach (var step in steps)
        {
            await fleet.WaitForLineAsync(step);
        }
    }

    private static Process StartRedis(string port)
    {
        try
        {
            string[] arguments = ["--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"];
            var redis = Process.Start(new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true })!;
            while (redis.StandardOutput.ReadLine()?.Contains("Ready to accept connections", StringComparison.Ordinal) == false)
            {
            }

            return redis;
        }
        catch (Win32Exception)
        {
            Assert.Skip("redis-server is not installed.");
            throw;
        }
    }

    private static (int First, int Second) Numbers(string output, Regex line)
    {
        var groups = line.Matches(output).Last().Groups;
        return (int.Parse(groups[1].Value, CultureInfo.InvariantCulture), int.Parse(groups[2].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"Token requests made: (\d+)\. Saved: (\d+)\.")]
    private static partial Regex SummarizedRequests();

    [GeneratedRegex(@"Calls made: (\d+)\. Calls failed: (\d+)\.")]
    private static partial Regex SummarizedCalls();
}
