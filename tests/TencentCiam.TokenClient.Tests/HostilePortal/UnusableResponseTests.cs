using System.Net;

namespace TencentCiam.TokenClient.Tests.HostilePortal;

/// <summary>Responses that are complete but wrong. Each character of a string is one byte (Latin-1).</summary>
public sealed class UnusableResponseTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";
    private const string Chunked = Ok + "Transfer-Encoding: chunked\r\n\r\n";
    private const string Rest = "\"token_type\":\"Bearer\",\"expires_in\":299";

    [Theory]
    [InlineData("not_json", "")]
    [InlineData("not_json", "<!DOCTYPE html><html><title>Sign in</title></html>")]
    [InlineData("not_json", "[]")]
    [InlineData("not_json", "[{\"access_token\":\"t\"," + Rest + "}]")]
    [InlineData("not_json", "\"t\"")]
    [InlineData("not_json", "null")]
    [InlineData("not_json", "{\"access_token\":\"t\"," + Rest + "}{\"access_token\":\"t\"," + Rest + "}")]
    [InlineData("not_json", "access_token=t&token_type=Bearer&expires_in=299")]

    // Invalid UTF-8: a lone first byte, a lone second byte, an overlong NUL, a surrogate, and UTF-16.
    [InlineData("not_json", "{\"access_token\":\"t\u00C3\"," + Rest + "}")]
    [InlineData("not_json", "{\"access_token\":\"t\u0080\"," + Rest + "}")]
    [InlineData("not_json", "{\"access_token\":\"t\u00C0\u0080\"," + Rest + "}")]
    [InlineData("not_json", "{\"access_token\":\"t\u00ED\u00A0\u0080\"," + Rest + "}")]
    [InlineData("not_json", "\u00FF\u00FE{\0\"\0a\0")]
    [InlineData("not_json", "{\"access_token\":\"t\\uD800\"," + Rest + "}")]

    // Conflicting duplicate members, also where an escape hides that they are duplicates.
    [InlineData("not_json", "{\"access_token\":\"t\",\"access_token\":\"u\"," + Rest + "}")]
    [InlineData("not_json", "{\"access_token\":\"t\",\"\\u0061ccess_token\":\"u\"," + Rest + "}")]
    [InlineData("not_json", "{\"access_token\":\"t\"," + Rest + ",\"expires_in\":300}")]
    [InlineData("not_json", "{\"access_token\":\"t\"," + Rest + ",\"token_type\":\"DPoP\"}")]
    [InlineData("not_json", "{\"access_token\":\"t\",\"scope\":\"a\",\"scope\":[]," + Rest + "}")]

    // Values that would add a header or a second request after "Authorization: Bearer ".
    [InlineData("not_json", "{\"access_token\":\"t\r\nX-Injected: 1\"," + Rest + "}")]
    [InlineData("no_access_token", "{\"access_token\":\"t\\r\\nX-Injected: 1\"," + Rest + "}")]
    [InlineData("no_access_token", "{\"access_token\":\"t\\r\\n\\r\\nGET / HTTP/1.1\"," + Rest + "}")]
    [InlineData("no_access_token", "{\"access_token\":\"t\\u000a\"," + Rest + "}")]
    [InlineData("no_access_token", "{\"access_token\":\"t\\u0000\"," + Rest + "}")]
    [InlineData("no_access_token", "{\"access_token\":\"\\tt\"," + Rest + "}")]
    [InlineData("no_access_token", "{\"access_token\":\"t\u007F\"," + Rest + "}")]
    [InlineData("no_access_token", "{\"access_token\":\"t, Basic dTpw\"," + Rest + "}")]
    [InlineData("no_access_token", "{\"access_token\":\"t\\u2028\"," + Rest + "}")]
    [InlineData("no_access_token", "{\"access_token\":\"\u00C3\u00A9\"," + Rest + "}")]
    [InlineData("unsupported_token_type", "{\"access_token\":\"t\",\"token_type\":\"Bearer\\r\\nX-Injected: 1\"}")]
    [InlineData("unsupported_token_type", "{\"access_token\":\"t\",\"token_type\":\"\\u001b[2J\\u202e\"}")]
    public async Task A_200_without_a_usable_token_is_rejected(string code, string body)
    {
        var error = await PortalClient.JudgeErrorAsync(
            typeof(CiamTokenError.UnusableResponse), code, HostileServer.Response(200, body));

        Assert.Equal(HttpStatusCode.OK, error.StatusCode);
        Assert.False(error.IsTransient);
        Assert.DoesNotContain('\u202e', error.Message);
    }

    [Theory]
    [InlineData('[', "")]
    [InlineData('{', "\"a\":")]
    public async Task A_deeply_nested_body_is_rejected(char bracket, string member)
    {
        var nested = string.Concat(Enumerable.Repeat($"{bracket}{member}", 100_000));

        await PortalClient.JudgeErrorAsync(
            typeof(CiamTokenError.UnusableResponse),
            "not_json",
            HostileServer.Response(200, "{\"access_token\":\"t\"," + Rest + ",\"x\":" + nested));
    }

    [Fact]
    public async Task An_HTML_response_is_named_in_the_message()
    {
        var error = await PortalClient.JudgeErrorAsync(
            typeof(CiamTokenError.UnusableResponse),
            "not_json",
            HostileServer.Response(200, "<html>Sign in</html>", "Content-Type: text/html;charset=ISO-8859-1"));

        Assert.Contains("text/html", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"scope\":\"a\\r\\nX-Injected: 1\"")]
    [InlineData("\"scope\":\"\\u001b[2J\"")]
    [InlineData("\"scope\":\" a\"")]
    public async Task A_malformed_scope_in_the_response_is_dropped(string member)
    {
        var result = await PortalClient.JudgeAsync(
            HostileServer.Response(200, $"{{\"access_token\":\"t\",{Rest},{member}}}"));

        Assert.Null(result.GetTokenOrThrow().Scope);
    }

    [Theory]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 5\r\n\r\n")]
    public async Task Informational_responses_are_skipped(string before)
    {
        var result = await PortalClient.JudgeAsync(
            before, HostileServer.Response(200, $"{{\"access_token\":\"t\",{Rest}}}"));

        Assert.Equal("t", result.GetTokenOrThrow().Value);
    }

    [Theory]
    [InlineData("garbage\r\n\r\n")]
    [InlineData("\r\n\r\n" + Ok + "\r\n")]
    [InlineData("\0\0\0\0\r\n\r\n")]
    [InlineData("{\"access_token\":\"t\"," + Rest + "}\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n")]
    [InlineData("220 mail.example.com ESMTP\r\n")]
    [InlineData("ICY 200 OK\r\n\r\n")]
    [InlineData("\u0015\u0003\u0001\0\u0002\u0002\u0050\r\n\r\n")]
    [InlineData("HTTP/1.1 200\0OK\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 -20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 \u00B2\u00B0\u00B0 OK\r\n\r\n")]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/0.9 200 OK\r\n\r\n")]
    [InlineData("http/1.1 200 OK\r\n\r\n")]
    [InlineData(Ok + "no colon\r\n\r\n")]
    [InlineData(Ok + ": no name\r\n\r\n")]
    [InlineData(Ok + "no token\u001b[31m: x\r\n\r\n")]
    [InlineData(Chunked + "zz\r\n")]
    [InlineData(Chunked + "-1\r\nx\r\n")]
    [InlineData(Chunked + "fffffffffffffffff\r\nx\r\n")]
    [InlineData(Chunked + "\r\n")]
    [InlineData(Chunked + "1\r\nxx\r\n0\r\n\r\n")]
    public async Task A_response_that_is_not_HTTP_is_reported_as_a_failed_connection(string bytes)
    {
        var error = Assert.IsType<CiamTokenError.EndpointUnavailable>(await PortalClient.JudgeErrorAsync(
            typeof(CiamTokenError.EndpointUnavailable), "connection_failed", bytes));

        Assert.True(error.IsTransient);
        Assert.Null(error.StatusCode);

        // The exception is logged, and a terminal must not interpret what the server put into it.
        Assert.DoesNotContain(error.Exception!.ToString(), text => char.IsControl(text) && text is not ('\r' or '\n'));
    }

    [Theory]
    [InlineData(401, typeof(CiamTokenError.InvalidClient), "invalid_client")]
    [InlineData(403, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(400, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(404, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(407, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(417, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(421, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(426, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(499, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(0, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(101, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(201, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(204, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(206, typeof(CiamTokenError.UnusableResponse), "unexpected_status")]
    [InlineData(408, typeof(CiamTokenError.EndpointUnavailable), "server_unavailable", true)]
    [InlineData(429, typeof(CiamTokenError.EndpointUnavailable), "too_many_requests", true)]
    [InlineData(500, typeof(CiamTokenError.EndpointUnavailable), "server_unavailable", true)]
    [InlineData(503, typeof(CiamTokenError.EndpointUnavailable), "server_unavailable", true)]
    [InlineData(511, typeof(CiamTokenError.EndpointUnavailable), "server_unavailable", true)]
    [InlineData(999, typeof(CiamTokenError.EndpointUnavailable), "server_unavailable", true)]
    public async Task A_status_without_a_body_determines_the_error(int status, Type kind, string code, bool isTransient = false)
    {
        var error = await PortalClient.JudgeErrorAsync(kind, code, $"HTTP/1.1 {status:000}\r\n\r\n");

        Assert.Equal(status, (int?)error.StatusCode);
        Assert.Equal(isTransient, error.IsTransient);
        Assert.Null(error.Description);
        Assert.Null(error.RetryAfter);
    }

    [Theory]
    [InlineData(401, "WWW-Authenticate: Basic realm=\"portal\"", typeof(CiamTokenError.InvalidClient))]
    [InlineData(401, "WWW-Authenticate: Negotiate", typeof(CiamTokenError.InvalidClient))]
    [InlineData(401, "WWW-Authenticate: NTLM TlRMTVNTUAACAAAA", typeof(CiamTokenError.InvalidClient))]
    [InlineData(401, "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\"", typeof(CiamTokenError.InvalidClient))]
    [InlineData(407, "Proxy-Authenticate: Basic realm=\"portal\"", typeof(CiamTokenError.UnusableResponse))]
    public async Task An_authentication_challenge_is_ignored(int status, string challenge, Type kind)
    {
        await using var portal = new HostileServer(async connection =>
        {
            while (true)
            {
                await connection.RequestAsync();
                await connection.SendAsync(HostileServer.Response(status, "", challenge));
            }
        });
        await using var client = new PortalClient(portal);

        Assert.Equal(kind, Assert.IsType<CiamTokenResult.Failure>(await client.ResultAsync()).Error.GetType());

        // One request, with no credentials except those in the form.
        var received = Assert.Single(portal.Connections).Received;
        Assert.Single(received.Split("POST "), part => part.Contains("HTTP/1.1", StringComparison.Ordinal));
        Assert.DoesNotContain("Authorization", received, StringComparison.OrdinalIgnoreCase);
    }

    public static MatrixTheoryData<int, (string[] Headers, double? Seconds)> RetryAfters { get; } = new(
        [429, 503],
        [
            (["Retry-After: 17"], 17),
            (["Retry-After: 0"], 0),
            (["retry-after:   17   "], 17),

            // By the client's clock, which starts at eight; or by the server's own, if it sends a Date.
            (["Retry-After: Mon, 23 Nov 2026 08:00:42 GMT"], 42),
            (["Date: Mon, 23 Nov 2026 09:00:00 GMT", "Retry-After: Mon, 23 Nov 2026 09:00:42 GMT"], 42),
            (["Retry-After: Mon, 23 Nov 2026 07:00:00 GMT"], 0),
            (["Date: garbage", "Retry-After: Mon, 23 Nov 2026 08:00:42 GMT"], 42),

            // Absurd but well-formed.
            (["Retry-After: 1000000000"], 1_000_000_000),
            (["Retry-After: 2147483647"], 2_147_483_647),
            (["Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"], 251_606_879_999),
            (["Date: Mon, 01 Jan 0001 00:00:00 GMT", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"], 315_537_897_599),
            (["Date: Fri, 31 Dec 9999 23:59:59 GMT", "Retry-After: Mon, 01 Jan 0001 00:00:00 GMT"], 0),

            // Not usable.
            (["Retry-After: 99999999999999999999"], null),
            (["Retry-After: -1"], null),
            (["Retry-After: +1"], null),
            (["Retry-After: 1.5"], null),
            (["Retry-After: 1e3"], null),
            (["Retry-After: "], null),
            (["Retry-After: soon"], null),
            (["Retry-After: \0"], null),
            (["Retry-After: Sun, 99 Foo 2026 08:00:42 GMT"], null),
        ]);

    [Theory]
    [MemberData(nameof(RetryAfters))]
    public async Task Every_form_of_Retry_After_is_either_read_or_ignored(int status, (string[] Headers, double? Seconds) expected)
    {
        var error = await PortalClient.JudgeErrorAsync(
            typeof(CiamTokenError.EndpointUnavailable),
            status == 429 ? "too_many_requests" : "server_unavailable",
            HostileServer.Response(status, "<html>Busy</html>", expected.Headers));

        Assert.Equal(expected.Seconds, error.RetryAfter?.TotalSeconds);
        Assert.True(error.IsTransient);
    }

    [Theory]
    [InlineData("1000000000")]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT")]
    public async Task An_absurd_Retry_After_is_limited_to_an_hour(string retryAfter)
    {
        var responses = new Queue<string>(
        [
            HostileServer.Response(503, "", $"Retry-After: {retryAfter}"),
            HostileServer.Response(200, $"{{\"access_token\":\"t\",{Rest}}}"),
        ]);
        await using var portal = new HostileServer(async connection =>
        {
            await connection.RequestAsync();
            await connection.SendAsync(responses.Dequeue());
        });
        await using var client = new PortalClient(portal);
        var cancellationToken = TestContext.Current.CancellationToken;

        await Assert.ThrowsAsync<CiamTokenException>(
            () => client.Tokens.GetTokenAsync(cancellationToken: cancellationToken).AsTask());
        client.Clock.Advance(TimeSpan.FromMinutes(59));
        await Assert.ThrowsAsync<CiamTokenException>(
            () => client.Tokens.GetTokenAsync(cancellationToken: cancellationToken).AsTask());
        Assert.Single(portal.Connections);

        client.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("t", (await client.Tokens.GetTokenAsync(cancellationToken: cancellationToken)).Value);
        client.AssertLogsContainNoSecret();
    }
}
