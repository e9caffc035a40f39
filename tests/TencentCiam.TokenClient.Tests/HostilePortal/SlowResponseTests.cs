using System.Net;

namespace TencentCiam.TokenClient.Tests.HostilePortal;

/// <summary>Responses that are too slow to end. RequestTimeout ends them, on the fake clock.</summary>
public sealed class SlowResponseTests
{
    private const int RequestTimeoutSeconds = 10;
    private const string Ok = "HTTP/1.1 200 OK\r\n";

    [Theory]
    [InlineData("", "HTTP/1.1 200 OK\r\n")]
    [InlineData("HTTP/1.1 200 ", "xxxxxxxxxxxx")]
    [InlineData(Ok, "X: xxxxxxxxx")]
    [InlineData(Ok + "X: x\r\n", "Y: yyyyyyyyy")]
    [InlineData(Ok + "\r\n", "{\"access_token\":")]
    [InlineData(Ok + "Content-Length: 1000\r\n\r\n", "{\"access_token\":")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n", "000000000000")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\nff\r\n", "{\"access_token\":")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: xxxxxxxxx")]
    [InlineData("HTTP/1.1 400 No\r\n\r\n", "{\"error\":\"invalid_client\"}")]
    public async Task A_response_of_one_byte_per_second_ends_with_RequestTimeout(string first, string slowly)
    {
        var error = await TrickleAsync(first, slowly.Select(character => character.ToString()));

        Assert.IsType<CiamTokenError.EndpointUnavailable>(error);
        Assert.Equal("timeout", error.Code);
        Assert.True(error.IsTransient);
        Assert.Null(error.StatusCode);
    }

    [Fact]
    public async Task Informational_responses_do_not_postpone_RequestTimeout()
    {
        var error = await TrickleAsync("", Enumerable.Repeat("HTTP/1.1 102 Processing\r\n\r\n", RequestTimeoutSeconds));

        Assert.Equal("timeout", error.Code);
    }

    [Fact]
    public async Task A_request_to_a_silent_portal_ends_with_RequestTimeout()
    {
        var error = await TrickleAsync("", Enumerable.Repeat("", RequestTimeoutSeconds));

        Assert.Equal("timeout", error.Code);
    }

    [Theory]
    [InlineData(401, typeof(CiamTokenError.InvalidClient), "invalid_client", null)]
    [InlineData(429, typeof(CiamTokenError.EndpointUnavailable), "too_many_requests", 20)]
    [InlineData(503, typeof(CiamTokenError.EndpointUnavailable), "server_unavailable", 20)]
    public async Task A_slow_body_does_not_hide_a_conclusive_status(int status, Type kind, string code, int? retryAfter)
    {
        using var headers = new HeadersSeen();
        await using var portal = new HostileServer();
        await using var client = new PortalClient(portal, http => http.AddHttpMessageHandler(() => headers));

        var pending = client.RequestAsync();
        await SendHeadersAsync(portal, status, headers);
        client.Clock.AdvanceSeconds(RequestTimeoutSeconds);

        var error = await client.ErrorAsync(kind, code, pending);
        Assert.Equal((HttpStatusCode)status, error.StatusCode);
        Assert.Equal(retryAfter, error.RetryAfter?.TotalSeconds);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(503)]
    public async Task A_caller_that_cancels_while_the_body_is_read_gets_OperationCanceledException(int status)
    {
        using var headers = new HeadersSeen();
        using var caller = new CancellationTokenSource();
        await using var portal = new HostileServer();
        await using var client = new PortalClient(portal, http => http.AddHttpMessageHandler(() => headers));

        var pending = client.Client.RequestTokenAsync(cancellationToken: caller.Token);
        await SendHeadersAsync(portal, status, headers);
        await caller.CancelAsync();

        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        Assert.Equal(caller.Token, thrown.CancellationToken);
    }

    [Theory]
    [InlineData(302, "redirect")]
    [InlineData(201, "unexpected_status")]
    public async Task A_body_that_is_not_needed_is_not_awaited(int status, string code)
    {
        await using var portal = new HostileServer();
        await using var client = new PortalClient(portal);

        var pending = client.RequestAsync();
        var connection = await portal.ConnectionAsync();
        await connection.RequestAsync();
        await connection.SendAsync($"HTTP/1.1 {status} Whatever\r\nContent-Length: 1000\r\n\r\n");

        // The clock stands still.
        await client.ErrorAsync(typeof(CiamTokenError.UnusableResponse), code, pending);
    }

    /// <summary>Sends the headers and the beginning of a body, and waits until the client has read the headers.</summary>
    private static async Task SendHeadersAsync(HostileServer portal, int status, HeadersSeen headers)
    {
        var connection = await portal.ConnectionAsync();
        await connection.RequestAsync();
        await connection.SendAsync(
            $"HTTP/1.1 {status} Whatever\r\nRetry-After: 20\r\nContent-Length: 1000\r\n\r\n{{\"error_description\":\"x");
        await headers.Seen.WaitAsync(HostileServer.MaxWait, TestContext.Current.CancellationToken);
    }

    /// <summary>Sends one piece per second until RequestTimeout.</summary>
    private static async Task<CiamTokenError> TrickleAsync(string first, IEnumerable<string> pieces)
    {
        await using var portal = new HostileServer();
        await using var client = new PortalClient(portal);

        var pending = client.RequestAsync();
        var connection = await portal.ConnectionAsync();
        Assert.Contains(PortalClient.FormSecret, await connection.RequestAsync(), StringComparison.Ordinal);
        await connection.SendAsync(first);
        foreach (var piece in pieces.Take(RequestTimeoutSeconds))
        {
            Assert.False(pending.IsCompleted);
            await connection.SendAsync(piece);
            client.Clock.AdvanceSeconds(1);
        }

        var error = Assert.IsType<CiamTokenResult.Failure>(await client.ResultAsync(pending)).Error;
        await connection.ClientDisconnectsAsync();
        return error;
    }

    /// <summary>Signals that the client has read the headers of a response: before that, the timeout would come too early.</summary>
    private sealed class HeadersSeen : DelegatingHandler
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => _seen.Task;

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            _seen.SetResult();
            return response;
        }
    }
}
