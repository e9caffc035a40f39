using System.IdentityModel.Tokens.Jwt;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace TencentCiam.TokenClient.Samples.Tests.CiamPortal;

/// <summary>HTTPS with HTTP/1.1 and HTTP/2, and keys in files.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ciamportal-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Certificate => Path.Combine(_folder, "certificate.pem");

    private string CertificateKey => Path.Combine(_folder, "certificate-key.pem");

    private string SigningKey => Path.Combine(_folder, "signing-key.pem");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("1.1", "127.0.0.1")]
    [InlineData("2.0", "127.0.0.1")]
    [InlineData("2.0", "localhost")]
    public async Task A_client_that_trusts_the_created_certificate_gets_a_token_over_HTTP(string version, string host)
    {
        await using var process = Start();
        var port = (await process.WaitForAddressAsync()).Port;

        var (response, json) = await RequestTokenAsync(new Uri($"https://{host}:{port}"), version);

        Assert.Equal(Version.Parse(version), response.Version);
        Assert.Equal(
            $"https://127.0.0.1:{port}", new JwtSecurityToken(json.GetProperty("access_token").GetString()).Issuer);
    }

    [Theory]
    [InlineData("connectionFailure")]
    [InlineData("truncatedResponse")]
    public async Task Over_HTTP_2_a_fault_of_the_connection_ends_the_request_that_encounters_it(string fault)
    {
        await using var process = Start("--control", "loopback");
        var server = await process.WaitForAddressAsync();
        using var http = CreateClient("2.0");
        using var body = new StringContent($$"""{"fault":"{{fault}}"}""", Encoding.UTF8, "application/json");
        using var queued = await http.PostAsync(new Uri(server, "emulator/faults"), body, Cancellation);

        await Assert.ThrowsAsync<HttpRequestException>(() => RequestTokenAsync(http, server));

        Assert.Equal(HttpStatusCode.OK, (await RequestTokenAsync(http, server)).Response.StatusCode);
    }

    [Fact]
    public async Task Only_their_owner_can_read_the_created_private_keys()
    {
        await using var process = Start("--signingKey", SigningKey);
        await process.WaitForAddressAsync();

        foreach (var file in (string[])[CertificateKey, SigningKey])
        {
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }

        Assert.DoesNotContain("PRIVATE", await File.ReadAllTextAsync(Certificate, Cancellation), StringComparison.Ordinal);
        await process.StopAsync();
        Assert.Contains("Created a certificate: " + Certificate, process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_and_key_ID_are_the_same_after_the_next_start()
    {
        var first = await StartAndRequestAsync();
        var second = await StartAndRequestAsync();

        Assert.Equal(first, second);

        async Task<(string Certificate, string KeyId)> StartAndRequestAsync()
        {
            await using var process = Start("--signingKey", SigningKey);
            var (_, json) = await RequestTokenAsync(await process.WaitForAddressAsync(), "2.0");
            return (
                await File.ReadAllTextAsync(Certificate, Cancellation),
                new JwtSecurityToken(json.GetProperty("access_token").GetString()).Header.Kid);
        }
    }

    [Fact]
    public async Task The_given_signing_key_signs_the_tokens()
    {
        using var key = RSA.Create(2048);
        await File.WriteAllTextAsync(SigningKey, key.ExportRSAPrivateKeyPem(), Cancellation);
        await using var process = Start("--signingKey", SigningKey);

        var (_, json) = await RequestTokenAsync(await process.WaitForAddressAsync(), "2.0");

        var parts = json.GetProperty("access_token").GetString()!.Split('.');
        Assert.True(key.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"),
            Microsoft.IdentityModel.Tokens.Base64UrlEncoder.DecodeBytes(parts[2]),
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1));
    }

    [Fact]
    public async Task The_created_certificate_is_also_for_the_host_of_the_authority()
    {
        await using var process = SampleProcess.Start(
            "CiamPortal",
            ["--urls", "https://0.0.0.0:0", "--authority", "https://portal:8443", .. CertificateArguments]);
        await process.WaitForAddressAsync();

        using var certificate = X509CertificateLoader.LoadCertificateFromFile(Certificate);
        Assert.True(certificate.MatchesHostname("portal"));
        Assert.True(certificate.MatchesHostname("localhost"));
    }

    [Fact]
    public async Task A_given_certificate_is_served()
    {
        Create("CN=given", "localhost", DateTimeOffset.UtcNow.AddDays(1));
        await using var process = SampleProcess.Start(
            "CiamPortal", ["--urls", "https://127.0.0.1:0", "--authority", "https://localhost", .. CertificateArguments]);
        var port = (await process.WaitForAddressAsync()).Port;

        var (response, _) = await RequestTokenAsync(new Uri($"https://localhost:{port}"), "2.0");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_certificate_for_another_host_is_reported()
    {
        Create("CN=given", "another.test", DateTimeOffset.UtcNow.AddDays(1));

        await AssertFailsAsync($"The certificate in {Certificate} is not for 127.0.0.1. Name another with --certificate");
    }

    [Fact]
    public async Task A_certificate_that_has_expired_is_reported()
    {
        Create("CN=given", "localhost", DateTimeOffset.UtcNow.AddDays(-1));

        await AssertFailsAsync($"The certificate in {Certificate} has expired. Name another with --certificate");
    }

    [Fact]
    public async Task A_certificate_without_its_private_key_is_reported()
    {
        Create("CN=given", "localhost", DateTimeOffset.UtcNow.AddDays(1));
        File.Delete(CertificateKey);

        await AssertFailsAsync($"{Certificate} and {CertificateKey} must be a certificate and its unencrypted private key in PEM.");
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_reported()
    {
        Directory.Delete(_folder);

        await AssertFailsAsync("Could not find a part of the path");
        Directory.CreateDirectory(_folder);
    }

    private string[] CertificateArguments => ["--certificate", Certificate, "--certificateKey", CertificateKey];

    private SampleProcess Start(params string[] arguments)
        => SampleProcess.Start("CiamPortal", ["--urls", "https://127.0.0.1:0", .. CertificateArguments, .. arguments]);

    private async Task AssertFailsAsync(string message)
    {
        await using var process = Start();

        Assert.Equal(1, await process.WaitForExitAsync());
        Assert.Contains(message, Assert.Single(process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private void Create(string subject, string host, DateTimeOffset expiresAt)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(expiresAt.AddDays(-10), expiresAt);
        File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(CertificateKey, key.ExportPkcs8PrivateKeyPem());
    }

    private async Task<(HttpResponseMessage Response, JsonElement Json)> RequestTokenAsync(Uri server, string version)
    {
        using var http = CreateClient(version);
        return await RequestTokenAsync(http, server);
    }

    private static async Task<(HttpResponseMessage Response, JsonElement Json)> RequestTokenAsync(HttpClient http, Uri server)
    {
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"), new("client_id", "orders-worker"), new("client_secret", "no-secret/of+anyone"),
        ]);
        var response = await http.PostAsync(new Uri(server, "oauth2/token"), form, Cancellation);
        return (response, await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancellation));
    }

    // Trusts the certificate in the file, and nothing else.
    private HttpClient CreateClient(string version)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.ImportFromPemFile(Certificate);
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = policy;
        return new HttpClient(handler)
        {
            DefaultRequestVersion = Version.Parse(version),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }
}
