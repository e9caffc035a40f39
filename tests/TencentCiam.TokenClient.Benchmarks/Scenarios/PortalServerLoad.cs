using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>
/// The sample CiamPortal in a process of its own: how long it takes to start, how many tokens it issues while the clients run on
/// the same machine, and the memory that it then uses.
/// </summary>
internal static class PortalServerLoad
{
    private const int Concurrency = 16;

    public static async Task<IReadOnlyList<Figure>> RunAsync(Effort effort)
    {
        var tokens = effort == Effort.Full ? 30_000 : 100;
        var folder = Directory.CreateTempSubdirectory("portal-server-");
        try
        {
            return
            [
                .. await MeasureAsync("HTTP/1.1", "http://127.0.0.1:0", HttpVersion.Version11, tokens, folder.FullName),
                .. await MeasureAsync("HTTP/1.1 with TLS", "https://127.0.0.1:0", HttpVersion.Version11, tokens, folder.FullName),
                .. await MeasureAsync("HTTP/2 with TLS", "https://127.0.0.1:0", HttpVersion.Version20, tokens, folder.FullName),
            ];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<Figure[]> MeasureAsync(string name, string url, Version version, int tokens, string folder)
    {
        var from = Stopwatch.GetTimestamp();
        using var server = Start(url, folder);
        try
        {
            using var http = CreateClient(await ReadAddressAsync(server), version, folder);
            await RequestTokenAsync(http);
            var startUp = Stopwatch.GetElapsedTime(from);

            // The log would block the server once nobody reads it.
            var log = server.StandardOutput.ReadToEndAsync();
            await RequestTokensAsync(http, tokens / 10);
            server.Refresh();
            var before = server.WorkingSet64;
            from = Stopwatch.GetTimestamp();
            await RequestTokensAsync(http, tokens);
            var took = Stopwatch.GetElapsedTime(from);
            server.Refresh();
            return
            [
                new(name, "start-up to first token", startUp.TotalMilliseconds, "ms"),
                new(name, "tokens per second", tokens / took.TotalSeconds),
                new(name, $"memory after {tokens / 10:N0} tokens", before / 1e6, "MB"),
                new(name, $"memory after {tokens + (tokens / 10):N0} tokens", server.WorkingSet64 / 1e6, "MB"),
            ];
        }
        finally
        {
            server.Kill();
        }
    }

    private static Process Start(string url, string folder)
    {
        var configuration = typeof(PortalServerLoad).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "Configuration").Value!;
        var program = Path.Combine(
            Repository.Root, "samples", "CiamPortal", "bin", configuration, "net10.0", "CiamPortal.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [program, "--urls", url])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
    }

    private static async Task<Uri> ReadAddressAsync(Process server)
    {
        while (await server.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Split("Now listening on: ") is [_, var address])
            {
                return new Uri(address);
            }
        }

        throw new InvalidOperationException("CiamPortal exited.");
    }

    private static HttpClient CreateClient(Uri server, Version version, string folder)
    {
        var handler = new SocketsHttpHandler { MaxConnectionsPerServer = Concurrency, UseProxy = false };
        if (server.Scheme == Uri.UriSchemeHttps)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.ImportFromPemFile(Path.Combine(folder, "ciamportal.pem"));
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        return new HttpClient(handler)
        {
            BaseAddress = server,
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    private static Task RequestTokensAsync(HttpClient http, int tokens)
        => Parallel.ForAsync(
            0,
            tokens,
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency },
            async (_, _) => await RequestTokenAsync(http));

    private static async Task RequestTokenAsync(HttpClient http)
    {
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"), new("client_id", "orders-worker"), new("client_secret", "no-secret/of+anyone"),
        ]);
        using var response = await http.PostAsync(new Uri("oauth2/token", UriKind.Relative), form);
        response.EnsureSuccessStatusCode();
    }
}
