using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace TencentCiam.TokenClient.Samples.Tests.CiamPortal;

/// <summary>
/// An image registry on this machine with one image, which is empty: a base image for tests, which need no network.
/// </summary>
internal sealed class EmptyImageRegistry : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Dictionary<string, byte[]> _blobs = [];
    private readonly byte[] _manifest;

    private EmptyImageRegistry(int port)
    {
        // Two blocks of zeros end a tar archive.
        var archive = new byte[1024];
        var layer = new MemoryStream();
        using (var gzip = new GZipStream(layer, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(archive);
        }

        var config = AddBlob(Encoding.UTF8.GetBytes(
            $$$"""{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["{{{Digest(archive)}}}"]},"history":[{"created_by":"test"}]}"""));
        var blob = AddBlob(layer.ToArray());
        _manifest = Encoding.UTF8.GetBytes(
            $$"""
            {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",
            "config":{"mediaType":"application/vnd.docker.container.image.v1+json",{{config}}},
            "layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip",{{blob}}}]}
            """);
        Image = string.Create(CultureInfo.InvariantCulture, $"localhost:{port}/empty:1");
        _listener.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}/"));
        _listener.Start();
        _ = ServeAsync();
    }

    public string Image { get; }

    public static EmptyImageRegistry Start()
    {
        // HttpListener cannot choose a port.
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        return new EmptyImageRegistry(port);
    }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            var path = context.Request.Url!.AbsolutePath;
            var isManifest = path.Contains("/manifests/", StringComparison.Ordinal);
            var body = isManifest ? _manifest : _blobs.GetValueOrDefault(path.Split('/')[^1], "{}"u8.ToArray());
            context.Response.ContentType = isManifest
                ? "application/vnd.docker.distribution.manifest.v2+json"
                : "application/octet-stream";
            context.Response.AddHeader("Docker-Content-Digest", Digest(body));
            context.Response.ContentLength64 = body.Length;
            if (context.Request.HttpMethod == "GET")
            {
                await context.Response.OutputStream.WriteAsync(body);
            }

            context.Response.Close();
        }
    }

    // The members with which a manifest refers to the blob.
    private string AddBlob(byte[] blob)
    {
        _blobs.Add(Digest(blob), blob);
        return string.Create(CultureInfo.InvariantCulture, $"\"size\":{blob.Length},\"digest\":\"{Digest(blob)}\"");
    }

    private static string Digest(byte[] blob) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(blob));
}
