using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TencentCiam.TokenClient.Samples.Tests.CiamPortal;

/// <summary>A start that fails ends with exit code 1 and one line that says what to do.</summary>
public sealed class StartFailureTests
{
    [Fact]
    public async Task A_port_in_use_is_reported()
    {
        using var occupant = new TcpListener(IPAddress.Loopback, 0);
        occupant.Start();
        var port = ((IPEndPoint)occupant.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        await AssertFailsAsync(
            ["--urls", "http://127.0.0.1:" + port],
            $"http://127.0.0.1:{port} is in use. Choose another port with --urls, or port 0 for any free port.");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("127.0.0.1:5005")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("ftp://127.0.0.1:5005")]
    [InlineData("http://127.0.0.1:5005/portal")]
    [InlineData("")]
    public Task An_address_that_cannot_be_listened_on_is_reported(string address)
        => AssertFailsAsync(
            ["--urls", address],
            $"--urls: \"{address}\" is not an address to listen on. Write it as http://127.0.0.1:5005 or https://127.0.0.1:5005.");

    [Fact]
    public Task An_address_of_another_machine_is_reported()
        => AssertFailsAsync(["--urls", "http://192.0.2.1:5005"], "http://192.0.2.1:5005");

    [Theory]
    [InlineData("Scope", "a", "Applications:orders-worker has no setting \"Scope\".")]
    [InlineData("AccessTokenLifetime", "300", "Applications:orders-worker:AccessTokenLifetime: \"300\" means 300 days. "
        + "A lifetime is at most a day, written as hours:minutes:seconds: 300 seconds are 00:05:00.")]
    [InlineData("AccessTokenLifetime", "five minutes", "Applications:orders-worker:AccessTokenLifetime")]
    [InlineData("AccessTokenLifetime", "00:00:00", "Applications:orders-worker: The lifetime must be a whole number")]
    [InlineData("IsEnabled", "perhaps", "Applications:orders-worker:IsEnabled")]
    public Task An_invalid_setting_of_an_application_is_reported(string name, string value, string message)
        => AssertFailsAsync(["--urls", "http://127.0.0.1:0", "--applications:orders-worker:" + name, value], message);

    [Theory]
    [InlineData("--athority", "http://portal", "There is no setting \"athority\".")]
    [InlineData("--authority", "portal:8080", "--authority: The authority must be an absolute HTTP or HTTPS URL")]
    [InlineData("--control", "yes", "--control: \"yes\" is not one of off, loopback")]
    [InlineData("--control", "7", "--control: \"7\" is not one of off, loopback")]
    [InlineData("--recordedRequests", "-1", "--recordedRequests: \"-1\" is not a number of requests")]
    [InlineData("--signingKey", "appsettings.json", "--signingKey: appsettings.json does not hold an unencrypted RSA private key")]
    public Task An_invalid_setting_of_the_server_is_reported(string name, string value, string message)
        => AssertFailsAsync(["--urls", "http://127.0.0.1:0", name, value], message);

    private static async Task AssertFailsAsync(string[] arguments, string message)
    {
        await using var portal = SampleProcess.Start("CiamPortal", arguments);

        Assert.Equal(1, await portal.WaitForExitAsync());
        var line = Assert.Single(
            portal.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => !line.Contains("Now listening on", StringComparison.Ordinal));
        Assert.Contains(message, line, StringComparison.Ordinal);
    }
}
