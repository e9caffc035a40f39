using System.Globalization;

namespace TencentCiam.TokenClient.Tests.HostilePortal;

/// <summary>A portal that repeats what it received, wherever a response has room for it.</summary>
public sealed class RepeatedSecretTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";

    public static MatrixTheoryData<string, string> Responses { get; } = new(
        [
            // Where there should be HTTP.
            "{0}\r\n\r\n",
            "HTTP/1.1 {0}\r\n\r\n",
            "HTTP/{0} 200 OK\r\n\r\n",
            "HTTP/1.1 2{0} OK\r\n\r\n",
            Ok + "{0}\r\n\r\n",
            Ok + "X {0}: x\r\n\r\n",
            Ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n{0}\r\n",
            Ok + "Transfer-Encoding: chunked\r\n\r\n1\r\n{0}",
            Ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n{0}\r\n\r\n",

            // In the status line and the headers.
            "HTTP/1.1 400 {0}\r\n\r\n",
            "HTTP/1.1 503 {0}\r\nX: {0}\r\nRetry-After: {0}\r\nDate: {0}\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: {0}\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: https://{0}.example.com/{0}?{0}#{0}\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: https://{0}@example.com/{0}\r\n\r\n",
            "HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer realm=\"{0}\"\r\nSet-Cookie: {0}={0}\r\n\r\n",
            Ok + "Content-Type: {0}\r\nContent-Encoding: {0}\r\nContent-Length: {0}\r\n\r\n",
            Ok + "Content-Type: application/{0}\r\n\r\n",
            Ok + "Transfer-Encoding: {0}\r\n\r\n",

            // In the body.
            Ok + "\r\n{0}",
            Ok + "\r\n{{\"error\":\"{0}\",\"error_description\":\"{0}\"}}",
            Ok + "\r\n{{\"access_token\":\"t\",\"token_type\":\"{0}\"}}",
            Ok + "\r\n{{\"access_token\":\"a {0}\",\"token_type\":\"Bearer\"}}",
            "HTTP/1.1 400 No\r\n\r\n{{\"error\":\"{0}\",\"error_description\":\"x\"}}",
            "HTTP/1.1 400 No\r\n\r\n{{\"error\":\"invalid_request\",\"error_description\":\"got {0}\",\"error_uri\":\"{0}\"}}",
            "HTTP/1.1 400 No\r\n\r\n{{\"error\":\"invalid_scope\",\"error_description\":\"got {0}\"}}",
            "HTTP/1.1 400 No\r\n\r\n{{\"error\":\"unauthorized_client\",\"error_description\":\"got {0}\"}}",
            "HTTP/1.1 401 No\r\n\r\n{{\"error\":\"invalid_client\",\"error_description\":\"got {0}\"}}",
            "HTTP/1.1 503 No\r\n\r\n{{\"error\":\"temporarily_unavailable\",\"error_description\":\"got {0}\"}}",
            "HTTP/1.1 404 No\r\n\r\n<html>{0}</html>",
        ],
        [PortalClient.Secret, PortalClient.FormSecret, PortalClient.BasicSecret]);

    [Theory]
    [MemberData(nameof(Responses))]
    public async Task A_secret_repeated_by_the_portal_appears_in_no_error_exception_or_log(string response, string secret)
    {
        await using var portal = HostileServer.Responding(string.Format(CultureInfo.InvariantCulture, response, secret));
        await using var client = new PortalClient(portal);

        // ResultAsync searches for the secret.
        var error = Assert.IsType<CiamTokenResult.Failure>(await client.ResultAsync()).Error;

        // Once more through the cache, which logs a failure with its cause.
        var pending = client.Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        if (error.IsTransient)
        {
            client.Clock.Advance(await client.Clock.TimerAsync(0.2, 0.25));
            client.Clock.Advance(await client.Clock.TimerAsync(0.4, 0.5));
        }

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(
            () => pending.WaitAsync(HostileServer.MaxWait, TestContext.Current.CancellationToken));
        PortalClient.AssertContainsNoSecret(thrown.ToString());
        await CiamHost.ReportedAsync(client.Tokens);
        Assert.Single(client.Logs.Named("AcquisitionFailed"));
        client.AssertLogsContainNoSecret();
    }

    [Theory]
    [InlineData(PortalClient.Secret)]
    [InlineData(PortalClient.FormSecret)]
    [InlineData(PortalClient.BasicSecret)]
    public async Task A_scope_that_repeats_the_secret_is_dropped(string secret)
    {
        var result = await PortalClient.JudgeAsync(
            HostileServer.Response(200, $$"""{"access_token":"t","token_type":"Bearer","scope":"{{secret}}"}"""));

        Assert.Null(result.GetTokenOrThrow().Scope);
    }

    [Theory]
    [InlineData("new-token-0123456789ab")]
    [InlineData("orders.read NEW-TOKEN-0123456789AB")]
    [InlineData("orders.new-token-0123456789ab")]
    public async Task A_scope_that_repeats_the_token_is_dropped(string scope)
    {
        var result = await PortalClient.JudgeAsync(
            HostileServer.Response(200, $$"""{"access_token":"new-token-0123456789ab","token_type":"Bearer","scope":"{{scope}}"}"""));

        Assert.Null(result.GetTokenOrThrow().Scope);
    }

    [Fact]
    public async Task A_token_repeated_in_its_token_type_is_withheld()
    {
        var result = await PortalClient.JudgeAsync(
            HostileServer.Response(200, """{"access_token":"new-token-0123456789ab","token_type":"Bearer new-token-0123456789ab"}"""));

        var error = Assert.IsType<CiamTokenResult.Failure>(result).Error;
        Assert.Equal("unsupported_token_type", error.Code);
        Assert.Contains("(withheld: it repeats a secret)", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("new-token-0123456789ab", error.ToString(), StringComparison.Ordinal);
    }
}
