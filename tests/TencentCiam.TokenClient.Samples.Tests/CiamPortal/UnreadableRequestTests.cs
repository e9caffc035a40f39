namespace TencentCiam.TokenClient.Samples.Tests.CiamPortal;

/// <summary>Requests that the server cannot read. Each gets a clear response, and the log has the status that was sent.</summary>
public sealed class UnreadableRequestTests
{
    private const string Form = "grant_type=client_credentials&client_id=curl&client_secret=sEcrEt%2Fof%2BtEsts";

    [Fact]
    public async Task A_form_with_an_unknown_charset_returns_400()
    {
        await using var portal = await PortalProcess.StartAsync("curl");

        var response = await RawConnection.SendAsync(
            portal.Address,
            RawConnection.TokenRequest(Form, "Content-Type: application/x-www-form-urlencoded; charset=klingon"));

        Assert.StartsWith("HTTP/1.1 400 ", response, StringComparison.Ordinal);
        Assert.EndsWith(
            """{"error":"invalid_request","error_description":"The charset of the form is not supported."}""",
            response,
            StringComparison.Ordinal);
        await AssertLoggedAsync(portal, 400);
    }

    [Fact]
    public async Task A_form_over_64_KiB_returns_413()
    {
        await using var portal = await PortalProcess.StartAsync("curl");

        var response = await RawConnection.SendAsync(
            portal.Address, RawConnection.TokenRequest(Form + "&scope=" + new string('a', 65536)));

        Assert.StartsWith("HTTP/1.1 413 ", response, StringComparison.Ordinal);
        Assert.EndsWith(
            """{"error":"invalid_request","error_description":"The form is larger than 64 KiB."}""",
            response,
            StringComparison.Ordinal);
        await AssertLoggedAsync(portal, 413);
    }

    [Fact]
    public async Task A_form_over_the_servers_own_limit_returns_413()
    {
        await using var portal = await PortalProcess.StartAsync("curl");

        var response = await RawConnection.SendAsync(
            portal.Address,
            RawConnection.TokenRequest(Form, "Content-Length: 100000000").Replace($"Content-Length: {Form.Length}\r\n", "", StringComparison.Ordinal));

        Assert.StartsWith("HTTP/1.1 413 ", response, StringComparison.Ordinal);
        Assert.Contains("\"status\":413,\"error\":\"Payload Too Large\",\"path\":\"/oauth2/token\"}", response, StringComparison.Ordinal);
        await AssertLoggedAsync(portal, 413);
    }

    [Fact]
    public async Task A_chunk_that_cannot_be_read_returns_400()
    {
        await using var portal = await PortalProcess.StartAsync("curl");

        var response = await RawConnection.SendAsync(
            portal.Address, RawConnection.TokenRequest("no-chunk-size\r\n", "Transfer-Encoding: chunked"));

        Assert.StartsWith("HTTP/1.1 400 ", response, StringComparison.Ordinal);
        Assert.Contains("\"status\":400,\"error\":\"Bad Request\",\"path\":\"/oauth2/token\"}", response, StringComparison.Ordinal);
        await AssertLoggedAsync(portal, 400);
    }

    private static async Task AssertLoggedAsync(PortalProcess portal, int status)
    {
        await portal.StopAsync();
        Assert.Contains($"POST /oauth2/token: {status}", portal.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("/oauth2/token: 200", portal.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", portal.Output, StringComparison.Ordinal);
    }
}
