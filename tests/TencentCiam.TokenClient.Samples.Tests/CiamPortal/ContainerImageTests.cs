using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text.Json;

namespace TencentCiam.TokenClient.Samples.Tests.CiamPortal;

/// <summary>
/// The container image that the SDK builds, here on an empty base image. What is in the image is run with the settings of the
/// image, but on this machine.
/// </summary>
public sealed class ContainerImageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ciamportal-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_image_holds_a_portal_that_starts_with_the_settings_of_the_image()
    {
        var config = await BuildAndUnpackAsync();
        var settings = config.GetProperty("Env").EnumerateArray()
            .Select(variable => variable.GetString()!.Split('=', 2))
            .Where(variable => variable[0].StartsWith("CIAMPORTAL_", StringComparison.Ordinal))
            .ToDictionary(variable => variable[0], variable => variable[1]);

        Assert.Equal(["dotnet", "/app/CiamPortal.dll"], Strings(config, "Entrypoint"));
        Assert.True(config.GetProperty("ExposedPorts").TryGetProperty("8080/tcp", out _));
        Assert.Equal("http://0.0.0.0:8080", settings["CIAMPORTAL_Urls"]);
        Assert.Equal("http://localhost:8080", settings["CIAMPORTAL_Authority"]);

        // Port 8080 of this machine may be in use.
        settings["CIAMPORTAL_Urls"] = "http://0.0.0.0:0";
        await using var portal = SampleProcess.StartProgram(
            Path.Combine(_folder, "app", "CiamPortal.dll"), [], [.. settings.Select(setting => (setting.Key, setting.Value))]);
        var port = (await portal.WaitForAddressAsync()).Port;
        using var http = new HttpClient();
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"), new("client_id", "orders-worker"), new("client_secret", "no-secret/of+anyone"),
        ]);
        using var response = await http.PostAsync(new Uri($"http://127.0.0.1:{port}/oauth2/token"), form, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task<JsonElement> BuildAndUnpackAsync()
    {
        var archive = Path.Combine(_folder, "image.tar");
        using (var registry = EmptyImageRegistry.Start())
        using (var publish = Process.Start(new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [
                "publish", Path.Combine(SampleProcess.Metadata("SamplesDirectory"), "CiamPortal"), "/t:PublishContainer", "--no-build",
                "--configuration", SampleProcess.Metadata("Configuration"),
                "-p:ContainerBaseImage=" + registry.Image, "-p:ContainerArchiveOutputPath=" + archive,
            ])
        {
            RedirectStandardOutput = true,
        })!)
        {
            var output = await publish.StandardOutput.ReadToEndAsync(Cancellation);
            await publish.WaitForExitAsync(Cancellation);
            Assert.True(publish.ExitCode == 0, output);
        }

        await TarFile.ExtractToDirectoryAsync(archive, _folder, overwriteFiles: false, Cancellation);
        var manifest = (await ReadJsonAsync("manifest.json"))[0];
        foreach (var layer in Strings(manifest, "Layers"))
        {
            await using var compressed = File.OpenRead(Path.Combine(_folder, layer));
            await using var gzip = new GZipStream(compressed, CompressionMode.Decompress);
            await TarFile.ExtractToDirectoryAsync(gzip, _folder, overwriteFiles: false, Cancellation);
        }

        return (await ReadJsonAsync(manifest.GetProperty("Config").GetString()!)).GetProperty("config");
    }

    private async Task<JsonElement> ReadJsonAsync(string file)
        => JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, file), Cancellation)).RootElement;

    private static IEnumerable<string> Strings(JsonElement json, string array)
        => json.GetProperty(array).EnumerateArray().Select(value => value.GetString()!);
}
