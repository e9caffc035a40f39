using System.IdentityModel.Tokens.Jwt;
using System.Net;
using System.Text.Json;

namespace TencentCiam.TokenClient.Samples.Tests.CiamPortal;

/// <summary>The control API over real sockets: what a test in the emulator's process can do, for tests in any language.</summary>
public sealed class ControlApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_control_API_is_off_unless_switched_on()
    {
        await using var process = SampleProcess.Start("CiamPortal", ["--urls", "http://127.0.0.1:0"]);
        using var http = new HttpClient { BaseAddress = await process.WaitForAddressAsync() };

        foreach (var path in (string[])["emulator/requests", "emulator/openapi.json", "emulator/applications"])
        {
            using var response = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }

        using var outage = await http.PutAsync(new Uri("emulator/outage", UriKind.Relative), content: null, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, outage.StatusCode);
    }

    [Fact]
    public async Task Calls_from_other_machines_and_from_web_pages_are_refused()
    {
        // A call to an address of the machine other than a loopback address comes from that address.
        var machine = Array.Find(
            await Dns.GetHostAddressesAsync(Dns.GetHostName(), System.Net.Sockets.AddressFamily.InterNetwork, Cancellation),
            address => !IPAddress.IsLoopback(address));
        await using var process = SampleProcess.Start(
            "CiamPortal", ["--urls", "http://0.0.0.0:0", "--authority", "http://portal", "--control", "loopback"]);
        var port = (await process.WaitForAddressAsync()).Port;

        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"http://127.0.0.1:{port}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"http://localhost:{port}"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync($"http://127.0.0.1:{port}", ("Origin", "http://page.test")));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync($"http://127.0.0.1:{port}", ("Host", "page.test")));
        Assert.SkipWhen(machine is null, "The machine has no address but loopback addresses.");
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync($"http://{machine}:{port}"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync($"http://{machine}:{port}", ("Host", "localhost")));
    }

    [Fact]
    public async Task Calls_from_everywhere_are_accepted_if_that_is_set_but_none_from_web_pages()
    {
        await using var process = SampleProcess.Start("CiamPortal", ["--urls", "http://127.0.0.1:0", "--control", "any"]);
        var address = (await process.WaitForAddressAsync()).AbsoluteUri;

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(address, ("Host", "portal")));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(address, ("Origin", "http://page.test")));
    }

    [Theory]
    [InlineData("""{"fault":"respond","status":418,"body":"short and stout","contentType":"text/plain","retryAfterSeconds":7}""", 418, "short and stout")]
    [InlineData("""{"fault":"oauthError","error":"access_denied","description":"No.","status":403}""", 403, """{"error":"access_denied","error_description":"No."}""")]
    [InlineData("""{"retryAfterSeconds":7,"fault":"temporarilyUnavailable"}""", 503, "temporarily_unavailable")]
    [InlineData("""{"fault":"tooManyRequests","retryAfterSeconds":7}""", 429, "")]
    [InlineData("""{"fault":"badGateway"}""", 502, "<html>")]
    [InlineData("""{"fault":"internalServerError"}""", 500, "\"error\":\"Internal Server Error\"")]
    [InlineData("""{"fault":"delay","delaySeconds":0.01}""", 200, "access_token")]
    public async Task The_next_requests_encounter_a_fault_and_then_the_portal_recovers(string fault, int status, string body)
    {
        await using var portal = await PortalProcess.StartAsync("curl");

        await portal.ControlAsync(HttpMethod.Post, "faults?times=2", fault);

        for (var i = 0; i < 2; i++)
        {
            using var failed = await portal.RequestTokenAsync();
            Assert.Equal(status, (int)failed.StatusCode);
            Assert.Contains(body, await failed.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            Assert.Equal(
                fault.Contains("retryAfterSeconds", StringComparison.Ordinal) ? TimeSpan.FromSeconds(7) : null,
                failed.Headers.RetryAfter?.Delta);
        }

        Assert.NotEmpty(await portal.GetTokenAsync());
    }

    [Theory]
    [InlineData("connectionFailure")]
    [InlineData("truncatedResponse")]
    public async Task A_connection_that_is_closed_early_is_logged_as_such(string fault)
    {
        await using var portal = await PortalProcess.StartAsync("curl");
        await portal.ControlAsync(HttpMethod.Post, "faults", $$"""{"fault":"{{fault}}"}""");

        await Assert.ThrowsAsync<HttpRequestException>(() => portal.RequestTokenAsync());
        await portal.StopAsync();

        Assert.Contains("POST /oauth2/token: connection closed without a complete response", portal.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("POST /oauth2/token: 200", portal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_truncated_response_has_the_first_half_of_the_usual_body()
    {
        await using var portal = await PortalProcess.StartAsync("curl");
        await portal.ControlAsync(HttpMethod.Post, "faults", """{"fault":"truncatedResponse"}""");

        var response = await RawConnection.SendAsync(
            portal.Address,
            RawConnection.TokenRequest("grant_type=client_credentials&client_id=curl&client_secret=sEcrEt%2Fof%2BtEsts"));

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", response, StringComparison.Ordinal);
        Assert.Contains("""{"access_token":"ey""", response, StringComparison.Ordinal);
        Assert.DoesNotContain("token_type", response, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_hangs_ends_with_the_client_or_with_the_program()
    {
        await using var portal = await PortalProcess.StartAsync("curl");
        await portal.ControlAsync(HttpMethod.Post, "faults?times=2", """{"fault":"hang"}""");
        using var giveUp = new CancellationTokenSource();

        var first = portal.Http.PostAsync(new Uri("oauth2/token", UriKind.Relative), content: null, giveUp.Token);
        await portal.WaitForRequestsAsync(1);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await portal.WaitForLineAsync("POST /oauth2/token: the client closed the connection");
        var second = portal.RequestTokenAsync();
        await portal.WaitForRequestsAsync(2);

        Assert.Equal(0, await portal.StopAsync());
        await Assert.ThrowsAsync<HttpRequestException>(() => second);
    }

    [Fact]
    public async Task Queued_faults_and_an_outage_can_be_cleared()
    {
        await using var portal = await PortalProcess.StartAsync("curl");
        await portal.ControlAsync(HttpMethod.Put, "outage", """{"fault":"badGateway"}""");
        await portal.ControlAsync(HttpMethod.Post, "faults?times=3", """{"fault":"tooManyRequests"}""");

        using var queued = await portal.RequestTokenAsync();
        await portal.ControlAsync(HttpMethod.Delete, "faults");

        Assert.Equal(HttpStatusCode.TooManyRequests, queued.StatusCode);
        Assert.NotEmpty(await portal.GetTokenAsync());
    }

    [Fact]
    public async Task Applications_are_added_changed_and_removed_while_the_portal_runs()
    {
        await using var portal = await PortalProcess.StartAsync("tenant");
        await portal.ControlAsync(HttpMethod.Delete, "applications/tenant");
        using var removed = await portal.RequestTokenAsync();

        var added = await portal.ControlAsync(
            HttpMethod.Post, "applications", """{"clientId":"tenant","clientSecret":"secret-1","scopes":["b","a"],"accessTokenLifetimeSeconds":60}""");
        using var withSecret = await portal.RequestTokenAsync("secret-1");
        var changed = await portal.ControlAsync(HttpMethod.Patch, "applications/tenant", """{"clientSecret":"rotated","scopes":["a"]}""");
        using var withOld = await portal.RequestTokenAsync("secret-1");
        using var withRotated = await portal.RequestTokenAsync("rotated");
        var token = await withRotated.Content.ReadAsStringAsync(Cancellation);
        await portal.ControlAsync(HttpMethod.Patch, "applications/tenant", """{"isEnabled":false}""");
        using var disabled = await portal.RequestTokenAsync("rotated");
        await portal.ControlAsync(HttpMethod.Patch, "applications/tenant", """{"isEnabled":true,"allowsClientCredentials":false}""");
        using var withoutGrant = await portal.RequestTokenAsync("rotated");
        var all = await portal.ControlAsync(HttpMethod.Get, "applications");

        Assert.Equal(
            [401, 200, 401, 200, 401, 400],
            new[] { removed, withSecret, withOld, withRotated, disabled, withoutGrant }.Select(response => (int)response.StatusCode));
        Assert.Equal(
            """{"clientId":"tenant","scopes":["a","b"],"accessTokenLifetimeSeconds":60,"isEnabled":true,"allowsClientCredentials":true}""",
            added);
        Assert.Equal(
            """{"clientId":"tenant","scopes":["a"],"accessTokenLifetimeSeconds":60,"isEnabled":true,"allowsClientCredentials":true}""",
            changed);
        Assert.Contains("\"scope\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":59}", token, StringComparison.Ordinal);
        Assert.Contains("""{"clientId":"tenant","scopes":["a"],"accessTokenLifetimeSeconds":60,"isEnabled":true,"allowsClientCredentials":false}""", all, StringComparison.Ordinal);
        Assert.Contains("orders-worker", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_are_revoked_and_the_signing_key_is_rotated()
    {
        await using var portal = await PortalProcess.StartAsync("curl");
        var token = await portal.GetTokenAsync();
        var before = await portal.GetOrdersStatusAsync(token);
        await portal.ControlAsync(HttpMethod.Post, "tokens/revoke");
        var after = await portal.GetOrdersStatusAsync(token);
        await portal.ControlAsync(HttpMethod.Post, "signing-key/rotate");
        var next = await portal.GetTokenAsync();
        var keys = await portal.Http.GetStringAsync(new Uri("oauth2/jwks", UriKind.Relative), Cancellation);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Unauthorized], [before, after]);
        Assert.NotEqual(new JwtSecurityToken(token).Header.Kid, new JwtSecurityToken(next).Header.Kid);
        Assert.Contains(new JwtSecurityToken(token).Header.Kid, keys, StringComparison.Ordinal);
        Assert.Contains(new JwtSecurityToken(next).Header.Kid, keys, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_expires_when_the_clock_is_moved()
    {
        await using var portal = await PortalProcess.StartAsync("curl");
        var token = await portal.GetTokenAsync();

        var moved = await portal.ControlAsync(HttpMethod.Put, "clock", """{"offsetSeconds":600}""");
        var after = await portal.GetOrdersStatusAsync(token);
        await portal.ControlAsync(HttpMethod.Put, "clock", """{"offsetSeconds":0}""");
        var clock = JsonDocument.Parse(await portal.ControlAsync(HttpMethod.Get, "clock")).RootElement;

        Assert.EndsWith("\"offsetSeconds\":600}", moved, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, after);
        Assert.Equal(0, clock.GetProperty("offsetSeconds").GetDouble());
        Assert.True(JsonDocument.Parse(moved).RootElement.GetProperty("now").GetDateTimeOffset()
            > clock.GetProperty("now").GetDateTimeOffset());
    }

    [Fact]
    public async Task Recorded_requests_are_read_and_cleared_and_hold_no_secret_or_token()
    {
        await using var portal = await PortalProcess.StartAsync("curl", "--recordedRequests", "2");
        var token = await portal.GetTokenAsync();
        using var wrong = await portal.RequestTokenAsync("wrong");
        using var revocation = await portal.PostAsync(
            "oauth2/revoke", ("client_id", "curl"), ("client_secret", PortalProcess.ClientSecret), ("token", token));

        var requests = JsonDocument.Parse(await portal.ControlAsync(HttpMethod.Get, "requests")).RootElement;
        await portal.ControlAsync(HttpMethod.Delete, "requests");
        var cleared = await portal.ControlAsync(HttpMethod.Get, "requests");

        Assert.Equal(2, requests.GetArrayLength());
        Assert.Equal("/oauth2/token", requests[0].GetProperty("path").GetString());
        Assert.Equal("client_credentials", requests[0].GetProperty("grantType").GetString());
        Assert.Equal("curl", requests[0].GetProperty("clientId").GetString());
        Assert.Equal("ClientSecretPost", requests[0].GetProperty("clientAuthentication").GetString());
        Assert.Equal(401, requests[0].GetProperty("statusCode").GetInt32());
        Assert.Equal("/oauth2/revoke", requests[1].GetProperty("path").GetString());
        Assert.DoesNotContain(PortalProcess.ClientSecret, requests.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", requests.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", requests.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("[]", cleared);
    }

    [Fact]
    public async Task The_OpenAPI_document_describes_every_action()
    {
        await using var portal = await PortalProcess.StartAsync("curl");

        var document = JsonDocument.Parse(await portal.ControlAsync(HttpMethod.Get, "openapi.json")).RootElement;
        var actions = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (path.Name, Operation: operation)))
            .ToArray();

        Assert.StartsWith("3.", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            [
                "DELETE /emulator/applications/{clientId}", "DELETE /emulator/faults", "DELETE /emulator/outage",
                "DELETE /emulator/requests", "GET /emulator/applications", "GET /emulator/applications/{clientId}",
                "GET /emulator/clock", "GET /emulator/requests", "PATCH /emulator/applications/{clientId}",
                "POST /emulator/applications", "POST /emulator/faults", "POST /emulator/signing-key/rotate",
                "POST /emulator/tokens/revoke", "PUT /emulator/clock", "PUT /emulator/outage",
            ],
            actions.Select(action => $"{action.Operation.Name.ToUpperInvariant()} {action.Name}").Order(StringComparer.Ordinal));
        Assert.All(actions, action => Assert.NotEmpty(action.Operation.Value.GetProperty("summary").GetString()!));
        Assert.All(
            (string[])["respond", "oauthError", "temporarilyUnavailable", "tooManyRequests", "badGateway", "internalServerError",
                "connectionFailure", "truncatedResponse", "delay", "hang"],
            fault => Assert.Contains($"\"{fault}\"", document.GetProperty("components").GetRawText(), StringComparison.Ordinal));
    }

    private static async Task<HttpStatusCode> StatusAsync(string server, params (string Name, string Value)[] headers)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, server.TrimEnd('/') + "/emulator/requests");
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var response = await http.SendAsync(request, Cancellation);
        return response.StatusCode;
    }
}
