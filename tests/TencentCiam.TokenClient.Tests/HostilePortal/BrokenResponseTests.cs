using System.Net;

namespace TencentCiam.TokenClient.Tests.HostilePortal;

/// <summary>Connections that close before the response is complete.</summary>
public sealed class BrokenResponseTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";
    private const string Chunked = Ok + "Transfer-Encoding: chunked\r\n\r\n";
    private const string Body = """{"access_token":"t","token_type":"Bearer","expires_in":299}""";

    public static MatrixTheoryData<string, bool> Cuts { get; } = new(
        [
            "",
            "HTTP",
            "HTTP/1.1 200 O",
            Ok,
            Ok + "Content-Type: applic",
            Ok + "Content-Type: application/json\r\n",
            Ok + "Content-Length: 1000\r\n\r\n",

            // The token is complete, but nobody knows what was to follow.
            Ok + "Content-Length: 1000\r\n\r\n" + Body,
            Chunked,
            Chunked + "3",
            Chunked + "3b\r\n{\"access_to",
            Chunked + "3b\r\n" + Body,
            Chunked + "3b\r\n" + Body + "\r\n",
            Chunked + "3b\r\n" + Body + "\r\n0\r\n",
            Chunked + "3b\r\n" + Body + "\r\n0\r\nTrailer: x\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 1000\r\n\r\n{\"error\":\"invalid_client\"}",
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 1000\r\n\r\n",
        ],
        [false, true]);

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task A_connection_closed_within_the_response_is_reported_as_failed(string cut, bool isReset)
    {
        await using var portal = new HostileServer(async connection =>
        {
            await connection.RequestAsync();
            await connection.SendAsync(cut);
            if (isReset)
            {
                connection.Reset();
            }
        });
        await using var client = new PortalClient(portal);

        await client.ConnectionFailedAsync();

        // Neither HttpClient nor anything else has sent the secret again of its own accord.
        Assert.Contains(
            PortalClient.FormSecret, Assert.Single(portal.Connections).Received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_closed_before_the_request_is_read_is_reported_as_failed(bool isReset)
    {
        await using var portal = new HostileServer(connection =>
        {
            if (isReset)
            {
                connection.Reset();
            }

            return Task.CompletedTask;
        });
        await using var client = new PortalClient(portal);

        await client.ConnectionFailedAsync();
    }

    [Fact]
    public async Task A_truncated_body_without_a_length_is_reported_as_not_JSON()
        => await PortalClient.JudgeErrorAsync(
            typeof(CiamTokenError.UnusableResponse), "not_json", Ok + "\r\n" + Body[..^1]);

    [Fact]
    public async Task A_truncated_503_keeps_its_status_and_Retry_After()
    {
        var error = await PortalClient.JudgeErrorAsync(
            typeof(CiamTokenError.EndpointUnavailable),
            "server_unavailable",
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 1000\r\n\r\n{\"error\":");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, error.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), error.RetryAfter);
    }

    [Fact]
    public async Task A_request_succeeds_after_every_kind_of_broken_response()
    {
        var cuts = new Queue<string>(Cuts.Select(row => row.Data.Item1));
        var attempts = cuts.Count;
        await using var portal = new HostileServer(async connection =>
        {
            await connection.RequestAsync();
            await connection.SendAsync(cuts.TryDequeue(out var cut) ? cut : HostileServer.Response(200, Body));
        });
        await using var client = new PortalClient(portal);

        for (var attempt = 0; attempt < attempts; attempt++)
        {
            await client.ConnectionFailedAsync();
        }

        Assert.Equal("t", (await client.ResultAsync()).GetTokenOrThrow().Value);
    }
}
