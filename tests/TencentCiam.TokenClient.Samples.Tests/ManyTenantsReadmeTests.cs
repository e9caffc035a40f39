using System.Diagnostics;
using System.Text.RegularExpressions;

namespace TencentCiam.TokenClient.Samples.Tests;

public sealed partial class ManyTenantsReadmeTests
{
    private const string DocumentedAddress = "http://127.0.0.1:5020/";

    [Fact]
    public async Task The_curl_commands_in_the_README_of_ManyTenants_get_the_documented_status()
    {
        await using var service = SampleProcess.Start("ManyTenants", ["--urls", "http://127.0.0.1:0"]);
        var address = await service.WaitForAddressAsync();
        var commands = CurlCommand().Matches(await File.ReadAllTextAsync(
            Path.Combine(SampleProcess.SamplesDirectory, "ManyTenants", "README.md"), TestContext.Current.CancellationToken));

        var statuses = new List<string>();
        foreach (Match command in commands)
        {
            statuses.Add(await RunAsync(command.Value.Replace(DocumentedAddress, address.AbsoluteUri, StringComparison.Ordinal)));
        }

        Assert.NotEmpty(statuses);
        Assert.Equal(commands.Select(command => command.Groups["status"].Value), statuses);
    }

    // Returns the status of the response.
    private static async Task<string> RunAsync(string command)
    {
        const string PrintStatus = """curl() { command curl -s -o /dev/null -w '%{http_code}' "$@"; }""";
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"{PrintStatus}\n{command}"])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output;
    }

    // The status that a command gets is in the comment at its end.
    [GeneratedRegex(@"^curl (?:.*\\\n)*.*# (?<status>\d{3})$", RegexOptions.Multiline)]
    private static partial Regex CurlCommand();
}
