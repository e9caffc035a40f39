using System.Globalization;
using System.Text.RegularExpressions;
using Quickstart;

namespace TencentCiam.TokenClient.PackageTests.Consumers;

/// <summary>Builds and runs programs that use the packages and the README's code, and nothing else of this repository.</summary>
public sealed partial class ConsumerTests(ConsumerProjects projects) : IClassFixture<ConsumerProjects>
{
    [Fact]
    public async Task The_README_code_works_in_a_new_console_project()
    {
        var assembly = await projects.BuildAsync("Net10");

        await AssertCallsApiWithTokenAsync(".NET 10, native: False", "dotnet", "exec", assembly);
    }

    [Fact]
    public async Task The_README_code_works_on_NET_8()
    {
        var program = await projects.PublishAsync("Net8");

        await AssertCallsApiWithTokenAsync(".NET 8, native: False", program);
    }

    [Fact]
    public async Task The_README_code_works_as_native_code_and_publishes_without_a_warning()
    {
        var program = await projects.PublishAsync("NativeAot");

        await AssertCallsApiWithTokenAsync(".NET 10, native: True", program);
        RecordFigure($"Size: {new FileInfo(program).Length / 1024.0 / 1024.0:0.0} MiB");
    }

    [Fact]
    public async Task A_test_needs_only_a_reference_to_the_Testing_package()
    {
        var assembly = await projects.BuildAsync("TestKit");

        var output = await Command.RunAsync(Path.GetTempPath(), "dotnet", ["exec", assembly]);

        Assert.Equal(
            """
            EndpointUnavailable, retry after 00:01:00
            A token for orders.read, active: True, after 2 requests

            """,
            output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_call_of_an_old_gRPC_client_carries_a_token()
    {
        var assembly = await projects.BuildAsync("OldGrpc");

        var output = await Command.RunAsync(Path.GetTempPath(), "dotnet", ["exec", assembly]);

        Assert.Equal("a call with a valid token: True", output.Trim());
    }

    /// <summary>Runs the program of the folder Console twice: with the correct secret and with a wrong one.</summary>
    private static async Task AssertCallsApiWithTokenAsync(string runtime, string program, params string[] arguments)
    {
        await using var portal = await PortalServer.StartAsync();
        portal.Emulator.Application.AccessTokenLifetime = TimeSpan.FromMinutes(10);
        await using var api = await OrdersApi.StartAsync(
            portal.Emulator.Authority.AbsoluteUri, portal.Emulator.Application.ClientId, "orders.read");
        var settings = portal.Settings.ToDictionary(
            setting => setting.Key.Replace(":", "__", StringComparison.Ordinal),
            setting => setting.Value);
        settings["OrdersApi"] = api.Urls.Single();

        var output = await RunAsync();

        Assert.Contains(runtime, output, StringComparison.Ordinal);
        var tokenId = TokenId().Match(output).Groups["id"].Value;
        Assert.NotEmpty(tokenId);
        Assert.Matches($"HTTP 200: .*\"tokenId\":\"{tokenId}\"", output);
        Assert.Equal("orders.read", Assert.Single(portal.Emulator.Requests).Scope);

        settings["Ciam__ClientSecret"] = "not-the-secret";
        output = await RunAsync();

        Assert.Matches("(?m)^InvalidClient: ", output);
        Assert.DoesNotContain("HTTP 200", output, StringComparison.Ordinal);

        async Task<string> RunAsync()
        {
            settings["StartedAt"] = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
            var output = await Command.RunAsync(Path.GetTempPath(), program, arguments, settings);
            RecordFigure(StartUp().Match(output).Value);
            return output;
        }
    }

    // Written to a file, because test runners hide the output of passing tests by default.
    private static void RecordFigure(string figure)
        => File.AppendAllText(ConsumerProjects.Figures, $"{TestContext.Current.TestMethod!.MethodName}: {figure}\n");

    [GeneratedRegex("^Start-up: .+? ms", RegexOptions.Multiline)]
    private static partial Regex StartUp();

    [GeneratedRegex("^Token for orders.read, id (?<id>.+?)\\r?$", RegexOptions.Multiline)]
    private static partial Regex TokenId();
}
