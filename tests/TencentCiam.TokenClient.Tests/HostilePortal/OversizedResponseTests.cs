using System.IO.Compression;
using System.Net;
using System.Text;

namespace TencentCiam.TokenClient.Tests.HostilePortal;

/// <summary>Responses that are too large. Not parallel, because allocations are measured for the whole process.</summary>
[CollectionDefinition(nameof(OversizedResponseTests), DisableParallelization = true)]
[Collection(nameof(OversizedResponseTests))]
public sealed class OversizedResponseTests
{
    private const int Mebibyte = 1024 * 1024;
    private const string Ok = "HTTP/1.1 200 OK\r\n";
    private const string Chunked = Ok + "Transfer-Encoding: chunked\r\n\r\n";
    private const string Body = """{"access_token":"t","token_type":"Bearer","expires_in":299""";

    [Theory]
    [InlineData(Ok + "\r\n", "[[[[[[[[", typeof(CiamTokenError.UnusableResponse), "response_too_large")]
    [InlineData(Ok + "\r\n" + Body + "}", "        ", typeof(CiamTokenError.UnusableResponse), "response_too_large")]
    [InlineData(Chunked, "10\r\n0123456789abcdef\r\n", typeof(CiamTokenError.UnusableResponse), "response_too_large")]
    [InlineData(Chunked + "7fffffff\r\n", "x", typeof(CiamTokenError.UnusableResponse), "response_too_large")]
    [InlineData("HTTP/1.1 400 No\r\n\r\n", "x", typeof(CiamTokenError.UnusableResponse), "response_too_large")]
    [InlineData("HTTP/1.1 403 No\r\n\r\n", "x", typeof(CiamTokenError.UnusableResponse), "response_too_large")]
    [InlineData("HTTP/1.1 401 No\r\n\r\n", "x", typeof(CiamTokenError.InvalidClient), "invalid_client")]
    [InlineData("HTTP/1.1 429 No\r\n\r\n", "x", typeof(CiamTokenError.EndpointUnavailable), "too_many_requests")]
    [InlineData("HTTP/1.1 503 No\r\n\r\n", "x", typeof(CiamTokenError.EndpointUnavailable), "server_unavailable")]
    [InlineData("HTTP/1.1 302 No\r\n\r\n", "x", typeof(CiamTokenError.UnusableResponse), "redirect")]
    [InlineData("HTTP/1.1 201 No\r\n\r\n", "x", typeof(CiamTokenError.UnusableResponse), "unexpected_status")]

    // Limited by HttpClient: the status line, one header, all headers, informational responses, what surrounds the chunks.
    [InlineData("", "x", typeof(CiamTokenError.EndpointUnavailable), "connection_failed")]
    [InlineData("HTTP/1.1 200 ", "x", typeof(CiamTokenError.EndpointUnavailable), "connection_failed")]
    [InlineData(Ok + "X: ", "x", typeof(CiamTokenError.EndpointUnavailable), "connection_failed")]
    [InlineData(Ok, "X: x\r\n", typeof(CiamTokenError.EndpointUnavailable), "connection_failed")]
    [InlineData(Ok, "Set-Cookie: a=b\r\n", typeof(CiamTokenError.EndpointUnavailable), "connection_failed")]
    [InlineData("", "HTTP/1.1 100 Continue\r\n\r\n", typeof(CiamTokenError.EndpointUnavailable), "connection_failed")]
    [InlineData("", "HTTP/1.1 102 Go on\r\nX: x\r\n\r\n", typeof(CiamTokenError.EndpointUnavailable), "connection_failed")]
    [InlineData("", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n", typeof(CiamTokenError.EndpointUnavailable), "connection_failed")]
    [InlineData(Chunked + "1;", "x", typeof(CiamTokenError.EndpointUnavailable), "connection_failed")]
    [InlineData(Chunked, "0", typeof(CiamTokenError.EndpointUnavailable), "connection_failed")]
    [InlineData(Chunked + "0\r\n", "X: x\r\n", typeof(CiamTokenError.EndpointUnavailable), "connection_failed")]
    public async Task An_endless_response_is_abandoned(string first, string endless, Type kind, string code)
    {
        await using var portal = new HostileServer(async connection =>
        {
            await connection.RequestAsync();
            await connection.SendAsync(first);
            await connection.FloodAsync(endless);
        });
        await using var client = new PortalClient(portal);

        await AssertBoundedAsync(8 * Mebibyte, () => client.ErrorAsync(kind, code));

        // The flood ends because the client has disconnected.
        var connection = Assert.Single(portal.Connections);
        await connection.Ended.WaitAsync(HostileServer.MaxWait, TestContext.Current.CancellationToken);
        Assert.InRange(connection.Sent, 1, 8 * Mebibyte);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_ten_megabyte_body_is_rejected_with_and_without_a_Content_Length(bool isAnnounced)
    {
        var body = Encoding.Latin1.GetBytes((Body + "}").PadRight(10_000_000));
        await using var portal = new HostileServer(async connection =>
        {
            await connection.RequestAsync();
            await connection.SendAsync(isAnnounced ? $"{Ok}Content-Length: {body.Length}\r\n\r\n" : Ok + "\r\n");
            for (var sent = 0; sent < body.Length; sent += 10_000)
            {
                await connection.SendAsync(body.AsMemory(sent, 10_000));
            }
        });
        await using var client = new PortalClient(portal);

        await AssertBoundedAsync(
            isAnnounced ? Mebibyte : 8 * Mebibyte,
            () => client.ErrorAsync(typeof(CiamTokenError.UnusableResponse), "response_too_large"));

        var connection = Assert.Single(portal.Connections);
        await connection.Ended.WaitAsync(HostileServer.MaxWait, TestContext.Current.CancellationToken);
        Assert.InRange(connection.Sent, 1, 8 * Mebibyte);
    }

    [Theory]
    [InlineData("1048576", typeof(CiamTokenError.EndpointUnavailable), "connection_failed")]
    [InlineData("1048577", typeof(CiamTokenError.UnusableResponse), "response_too_large")]
    [InlineData("9223372036854775807", typeof(CiamTokenError.UnusableResponse), "response_too_large")]
    public async Task A_large_Content_Length_does_not_allocate_memory(string length, Type kind, string code)
        => await AssertBoundedAsync(
            Mebibyte,
            () => PortalClient.JudgeErrorAsync(kind, code, $"{Ok}Content-Length: {length}\r\n\r\n{Body}}}"));

    [Theory]
    [InlineData("gzip", 60, false)]
    [InlineData("deflate", 60, false)]
    [InlineData("br", 60, false)]
    [InlineData("gzip", 32 * Mebibyte, false)]
    [InlineData("deflate", 32 * Mebibyte, false)]
    [InlineData("br", 32 * Mebibyte, false)]
    [InlineData("gzip", 60, true)]
    [InlineData("gzip", 32 * Mebibyte, true)]
    public async Task A_compressed_body_is_not_decompressed(string encoding, int size, bool handlerDecompresses)
    {
        var body = Encoding.Latin1.GetString(Compress(encoding, (Body + "}").PadRight(size)));
        Assert.InRange(body.Length, 1, Mebibyte);
        await using var portal = HostileServer.Responding(
            HostileServer.Response(200, body, $"Content-Encoding: {encoding}", "Content-Type: application/json"));
        await using var client = new PortalClient(portal, http =>
        {
            if (handlerDecompresses)
            {
                http.ConfigurePrimaryHttpMessageHandler(
                    () => new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All });
            }
        });

        var error = await AssertBoundedAsync(
            4 * Mebibyte, () => client.ErrorAsync(typeof(CiamTokenError.UnusableResponse), "not_json"));

        Assert.Contains($"Content-Encoding {encoding}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "Accept-Encoding", Assert.Single(portal.Connections).Received, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<CiamTokenError> AssertBoundedAsync(long bytes, Func<Task<CiamTokenError>> act)
    {
        // The server's allocations count too. The bounds are far above what is needed and far below what they guard against.
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var error = await act();
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, bytes);
        return error;
    }

    private static byte[] Compress(string encoding, string text)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Fastest),
            "deflate" => new ZLibStream(compressed, CompressionLevel.Fastest),
            _ => new BrotliStream(compressed, CompressionLevel.Fastest),
        })
        {
            stream.Write(Encoding.Latin1.GetBytes(text));
        }

        return compressed.ToArray();
    }
}
