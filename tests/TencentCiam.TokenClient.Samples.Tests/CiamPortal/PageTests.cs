using System.ComponentModel;
using System.Diagnostics;

namespace TencentCiam.TokenClient.Samples.Tests.CiamPortal;

/// <summary>Runs every command, call and test of the documents about the server.</summary>
public sealed class PageTests : IDisposable
{
    private const string Guide = "docs/emulated-portal.md";
    private const string Separator = "--- next block ---";

    private readonly string _folder = Directory.CreateTempSubdirectory("ciamportal-").FullName;

    public static TheoryData<string> Documents => [Guide, "samples/CiamPortal/README.md"];

    public static TheoryData<string, string> StartCommands => [.. Documents
        .Select(row => row.Data)
        .SelectMany(document => Page.Read(document).CodeIn("sh").Select(command => (document, command)))];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(StartCommands))]
    public async Task A_start_command_starts_a_portal(string document, string command)
    {
        await using var portal = Start(command);

        await portal.WaitForLineAsync("The portal's authority: ");

        Assert.True(await portal.StopAsync() == 0, document);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task The_calls_print_what_the_document_says(string document)
    {
        var page = Page.Read(document);
        await using var portal = Start("dotnet run --project samples/CiamPortal -- --control loopback");
        await using var withTls = page.CodeIn("sh").FirstOrDefault(IsHttps) is { } command ? Start(command) : null;
        var addresses = new List<(string InPage, string Actual)> { ("http://127.0.0.1:5005", await AddressAsync(portal)) };
        if (withTls is not null)
        {
            addresses.Add(("https://127.0.0.1:5006", await AddressAsync(withTls)));
        }

        var script = string.Join($"echo '{Separator}'\n", page.CodeIn("bash"));
        var (exitCode, output) = await RunAsync("bash", ["-euo", "pipefail", "-c", Replace(script, addresses)]);

        Assert.True(exitCode == 0, output);
        Assert.Equal(ExpectedOutputs(page), output.Split(Separator).Select(block => block.Trim('\n')));
    }

    [Theory]
    [InlineData("python", "python3", "recipe.py")]
    [InlineData("js", "node", "--test", "recipe.mjs")]
    [InlineData("go", "go", "test", "recipe_test.go")]
    [InlineData("java", "java", "-ea", "GetTokenTest.java")]
    public async Task The_tests_in_another_language_pass(string language, string program, params string[] arguments)
    {
        await using var portal = Start("dotnet run --project samples/CiamPortal -- --control loopback");
        var recipe = Replace(
            Assert.Single(Page.Read(Guide).CodeIn(language)), [("http://127.0.0.1:5005", await AddressAsync(portal))]);
        await File.WriteAllTextAsync(Path.Combine(_folder, arguments[^1]), recipe, Cancellation);

        var (exitCode, output) = await RunAsync(program, arguments);
        await portal.StopAsync();

        Assert.True(exitCode == 0, output);
        Assert.Contains("POST /emulator/faults: 204", portal.Output, StringComparison.Ordinal);
    }

    // An empty output for a block of calls that no block of text follows.
    private static IEnumerable<string> ExpectedOutputs(Page page)
        => page.Blocks
            .Zip(page.Blocks.Skip(1).Append(default))
            .Where(pair => pair.First.Language == "bash")
            .Select(pair => pair.Second.Language == "text" ? pair.Second.Code.TrimEnd('\n') : "");

    private static string Replace(string text, IEnumerable<(string InPage, string Actual)> addresses)
        => addresses.Aggregate(text, (replaced, address) => replaced.Replace(address.InPage, address.Actual, StringComparison.Ordinal));

    private static bool IsHttps(string command) => command.Contains("https://", StringComparison.Ordinal);

    private static async Task<string> AddressAsync(SampleProcess portal)
        => (await portal.WaitForAddressAsync()).AbsoluteUri.TrimEnd('/');

    // The command as a reader types it, but on a free port and without building the sample again.
    private SampleProcess Start(string command)
    {
        var dotnet = $$"""dotnet() { shift 3; if [ "${1-}" = -- ]; then shift; fi; exec {{SampleProcess.Command("CiamPortal")}} "$@"; }""";
        return SampleProcess.StartScript(
            _folder,
            $"{dotnet}\n{command.Replace("127.0.0.1:5006", "127.0.0.1:0", StringComparison.Ordinal)}",
            ("CIAMPORTAL_Urls", "http://127.0.0.1:0"));
    }

    private async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments)
    {
        var startInfo = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true };
        startInfo.Environment["NO_PROXY"] = "127.0.0.1";
        try
        {
            using var process = Process.Start(startInfo)!;
            var output = await process.StandardOutput.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation);
            return (process.ExitCode, output);
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{program} is not installed.");
            throw;
        }
    }
}
