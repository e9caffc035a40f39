using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using RichardSzalay.MockHttp;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

public sealed class ErrorResponseTests
{
    [Fact]
    public async Task Invalid_client_names_the_possible_causes_and_where_to_look()
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.InvalidClient>(
            HttpStatusCode.Unauthorized, """{"error":"invalid_client"}""");

        Assert.Equal("invalid_client", error.Code);
        Assert.Equal(HttpStatusCode.Unauthorized, error.StatusCode);
        Assert.False(error.IsTransient);
        Assert.Null(error.Description);
        foreach (var part in (string[])["TENANT_CLIENT_ID", "https://sample.portal.tencentciam.com", "does not exist",
            "switched off", "secret is wrong", "console", "ClientSecret", "Authority"])
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Unauthorized_client_says_that_the_grant_is_missing()
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.UnauthorizedClient>(
            HttpStatusCode.BadRequest, """{"error":"unauthorized_client"}""");

        Assert.Equal("unauthorized_client", error.Code);
        Assert.Equal(HttpStatusCode.BadRequest, error.StatusCode);
        Assert.False(error.IsTransient);
        Assert.Contains("machine-to-machine", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invalid_scope_names_the_requested_scope()
    {
        var result = await WireClient.JudgeAsync(
            HttpStatusCode.BadRequest, """{"error":"invalid_scope"}""", scope: "orders.cancel");

        var error = Assert.IsType<CiamTokenError.InvalidScope>(Assert.IsType<CiamTokenResult.Failure>(result).Error);
        Assert.Equal("invalid_scope", error.Code);
        Assert.Equal("orders.cancel", error.RequestedScope);
        Assert.False(error.IsTransient);
        Assert.Contains("\"orders.cancel\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_other_OAuth_error_keeps_its_description()
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.OtherOAuthError>(
            HttpStatusCode.BadRequest,
            """{"error":"unsupported_grant_type","error_description":"OAuth 2.0 Parameter: grant_type","error_uri":"https://datatracker.ietf.org/doc/html/rfc6749#section-5.2"}""");

        Assert.Equal("unsupported_grant_type", error.Code);
        Assert.Equal("OAuth 2.0 Parameter: grant_type", error.Description);
        Assert.Contains("OAuth 2.0 Parameter: grant_type", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
    }

    [Theory]
    [InlineData("invalid_request", false)]
    [InlineData("something_new", false)]
    [InlineData("temporarily_unavailable", true)]
    [InlineData("server_error", true)]
    public async Task Only_temporary_error_codes_are_transient(string code, bool isTransient)
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.OtherOAuthError>(
            HttpStatusCode.BadRequest, $$"""{"error":"{{code}}"}""");

        Assert.Equal(code, error.Code);
        Assert.Equal(isTransient, error.IsTransient);
    }

    [Fact]
    public async Task The_OAuth_error_code_takes_precedence_over_the_4xx_status()
    {
        await WireClient.JudgeErrorAsync<CiamTokenError.InvalidClient>(
            HttpStatusCode.BadRequest, """{"error":"invalid_client"}""");
        await WireClient.JudgeErrorAsync<CiamTokenError.UnauthorizedClient>(
            HttpStatusCode.Unauthorized, """{"error":"unauthorized_client"}""");
        await WireClient.JudgeErrorAsync<CiamTokenError.InvalidScope>(
            HttpStatusCode.Forbidden, """{"error":"invalid_scope"}""");
        await WireClient.JudgeErrorAsync<CiamTokenError.OtherOAuthError>(
            HttpStatusCode.Unauthorized, """{"error":"something_new"}""");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("<html>Unauthorized</html>")]
    [InlineData("""{"message":"no"}""")]
    [InlineData("""{"timestamp":1,"status":401,"error":"Unauthorized","path":"/oauth2/token"}""")]
    public async Task A_401_without_an_OAuth_error_is_invalid_client(string? body)
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.InvalidClient>(HttpStatusCode.Unauthorized, body);

        Assert.Equal(HttpStatusCode.Unauthorized, error.StatusCode);
    }

    [Theory]
    [InlineData(400, null)]
    [InlineData(400, """{"timestamp":1,"status":400,"error":"Bad Request","path":"/oauth2/token"}""")]
    [InlineData(403, "")]
    [InlineData(403, """{"error":7}""")]
    [InlineData(404, """{"timestamp":1,"status":404,"error":"Not Found","path":"/oauth2/token"}""")]
    [InlineData(405, "{}")]
    [InlineData(418, """{"error":""}""")]
    [InlineData(400, """{"error":"a","error":"b"}""")]
    [InlineData(400, """{"error":"line\nbreak"}""")]
    [InlineData(201, """{"access_token":"t","token_type":"Bearer","expires_in":299}""")]
    [InlineData(204, null)]
    public async Task Any_other_status_without_an_OAuth_error_is_an_unusable_response(int status, string? body)
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.UnusableResponse>((HttpStatusCode)status, body);

        Assert.Equal("unexpected_status", error.Code);
        Assert.Equal(status, (int?)error.StatusCode);
        Assert.Contains($"HTTP {status}", error.Message, StringComparison.Ordinal);
        Assert.Contains("Authority", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(304)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_reported_but_not_followed(int status)
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.UnusableResponse>(
            (HttpStatusCode)status,
            also: response => response.Headers.Location = new Uri("https://elsewhere.example.com/login?state=1"));

        Assert.Equal("redirect", error.Code);
        Assert.Contains("https://elsewhere.example.com.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("state=1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(408, "server_unavailable", null)]
    [InlineData(429, "too_many_requests", null)]
    [InlineData(500, "server_unavailable", """{"timestamp":1,"status":500,"error":"Internal Server Error","path":"/oauth2/token"}""")]
    [InlineData(500, "server_unavailable", """{"error":"invalid_client"}""")]
    [InlineData(502, "server_unavailable", "<html>Bad Gateway</html>")]
    [InlineData(503, "server_unavailable", "<html>Service Unavailable</html>")]
    [InlineData(504, "server_unavailable", "")]
    [InlineData(599, "server_unavailable", null)]
    public async Task A_transient_status_is_unavailable_whatever_the_body_says(int status, string code, string? body)
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.EndpointUnavailable>((HttpStatusCode)status, body);

        Assert.Equal(code, error.Code);
        Assert.True(error.IsTransient);
        Assert.Equal(status, (int?)error.StatusCode);
        Assert.Null(error.Exception);
        Assert.Null(error.RetryAfter);
    }

    [Fact]
    public async Task The_documented_503_keeps_its_description()
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.EndpointUnavailable>(
            HttpStatusCode.ServiceUnavailable, """{"error":"temporarily_unavailable","error_description":"maintenance"}""");

        Assert.Equal("maintenance", error.Description);
    }

    [Fact]
    public async Task A_Retry_After_in_seconds_is_read()
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.EndpointUnavailable>(
            HttpStatusCode.TooManyRequests,
            also: response => response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(17)));

        Assert.Equal(TimeSpan.FromSeconds(17), error.RetryAfter);
    }

    [Fact]
    public async Task A_Retry_After_date_is_read_by_our_clock_without_a_Date_header()
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.EndpointUnavailable>(
            HttpStatusCode.ServiceUnavailable,
            also: response => response.Headers.RetryAfter =
                new RetryConditionHeaderValue(new DateTimeOffset(2026, 11, 23, 8, 0, 42, TimeSpan.Zero)));

        Assert.Equal(TimeSpan.FromSeconds(42), error.RetryAfter);
    }

    [Fact]
    public async Task A_Retry_After_date_is_read_by_the_servers_Date_header()
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.EndpointUnavailable>(
            HttpStatusCode.ServiceUnavailable,
            also: response =>
            {
                response.Headers.Date = new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);
                response.Headers.RetryAfter =
                    new RetryConditionHeaderValue(new DateTimeOffset(2026, 11, 23, 9, 0, 42, TimeSpan.Zero));
            });

        Assert.Equal(TimeSpan.FromSeconds(42), error.RetryAfter);
    }

    [Theory]
    [InlineData("Mon, 23 Nov 2026 07:59:00 GMT", 0)]
    [InlineData("soon", null)]
    [InlineData("-1", null)]
    public async Task A_Retry_After_in_the_past_is_zero_and_an_unreadable_one_is_ignored(string value, int? seconds)
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.EndpointUnavailable>(
            HttpStatusCode.ServiceUnavailable,
            also: response => response.Headers.TryAddWithoutValidation("Retry-After", value));

        Assert.Equal(seconds is null ? null : TimeSpan.FromSeconds(seconds.Value), error.RetryAfter);
    }

    [Fact]
    public async Task A_description_is_cleaned_and_shortened()
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.OtherOAuthError>(
            HttpStatusCode.BadRequest,
            $$"""{"error":"invalid_request","error_description":"a\r\nb\u001b[31m\u202e{{new string('x', 5000)}}"}""");

        Assert.StartsWith("a  b [31m xxx", error.Description, StringComparison.Ordinal);
        Assert.InRange(error.Description!.Length, 100, 310);
        Assert.DoesNotContain(error.Message, char.IsControl);
    }

    [Theory]
    [InlineData(400, "invalid_request", WireClient.ClientSecret)]
    [InlineData(400, "invalid_request", "VEVOQU5UX0NMSUVOVF9JRDpURU5BTlRfQ0xJRU5UX1NFQ1JFVA==")]
    [InlineData(401, "invalid_client", WireClient.ClientSecret)]
    [InlineData(503, "temporarily_unavailable", WireClient.ClientSecret)]
    [InlineData(400, WireClient.ClientSecret, "x")]
    public async Task A_secret_repeated_by_the_server_is_withheld(int status, string code, string description)
    {
        var result = await WireClient.JudgeAsync(
            (HttpStatusCode)status, $$"""{"error":"{{code}}","error_description":"you sent {{description}}!"}""");

        var error = Assert.IsType<CiamTokenResult.Failure>(result).Error;
        Assert.DoesNotContain(WireClient.ClientSecret, error.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("VEVOQU5U", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_connection_is_reported_as_unavailable_and_transient()
    {
        var thrown = new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused (sample:443)");

        var error = await WireClient.JudgeThrownAsync(thrown);

        Assert.Equal("connection_failed", error.Code);
        Assert.True(error.IsTransient);
        Assert.Same(thrown, error.Exception);
        Assert.Null(error.StatusCode);
        Assert.Contains("Connection refused (sample:443)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_connection_is_described_by_its_innermost_cause()
    {
        var error = await WireClient.JudgeThrownAsync(new HttpRequestException(
            "An error occurred while sending the request.", new IOException("x", new IOException("Connection reset by peer."))));

        Assert.Contains("broke: Connection reset by peer. Check", error.Message, StringComparison.Ordinal);
    }

    // The last two are what a trimmed program says that leaves .NET's texts out (UseSystemResourceKeys).
    [Theory]
    [InlineData("The remote certificate is invalid: UntrustedRoot")]
    [InlineData("net_ssl_io_cert_chain_validation, UntrustedRoot")]
    [InlineData("net_ssl_io_cert_validation, UntrustedRoot")]
    public async Task An_untrusted_certificate_is_reported_as_unavailable_but_not_transient(string text)
    {
        var error = await WireClient.JudgeThrownAsync(new HttpRequestException(
            HttpRequestError.SecureConnectionError,
            "The SSL connection could not be established.",
            new AuthenticationException(text)));

        Assert.Equal("untrusted_certificate", error.Code);
        Assert.False(error.IsTransient);
        Assert.Contains("UntrustedRoot", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_handshake_is_transient()
    {
        var error = await WireClient.JudgeThrownAsync(new HttpRequestException(
            HttpRequestError.SecureConnectionError,
            "The SSL connection could not be established.",
            new AuthenticationException("Authentication failed.", new IOException("EOF"))));

        Assert.Equal("connection_failed", error.Code);
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task Any_exception_from_a_users_handler_is_reported_as_unavailable()
    {
        var thrown = new InvalidTimeZoneException("odd");

        var error = await WireClient.JudgeThrownAsync(thrown);

        Assert.Equal("request_failed", error.Code);
        Assert.True(error.IsTransient);
        Assert.Same(thrown, error.Exception);
        Assert.Contains(nameof(InvalidTimeZoneException), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_truncated_body_is_reported_as_a_failed_connection()
    {
        var result = await WireClient.JudgeAsync(
            HttpStatusCode.OK, [], null, response => response.Content = new StreamContent(new Broken()));

        var error = Assert.IsType<CiamTokenResult.Failure>(result).Error;
        Assert.Equal("connection_failed", Assert.IsType<CiamTokenError.EndpointUnavailable>(error).Code);
    }

    [Fact]
    public async Task A_truncated_body_does_not_hide_the_status_and_Retry_After()
    {
        var error = await WireClient.JudgeErrorAsync<CiamTokenError.EndpointUnavailable>(
            HttpStatusCode.ServiceUnavailable,
            also: response =>
            {
                response.Content = new StreamContent(new Broken());
                response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(9));
            });

        Assert.Equal(HttpStatusCode.ServiceUnavailable, error.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(9), error.RetryAfter);
    }

    [Fact]
    public async Task A_401_with_a_truncated_body_is_invalid_client()
    {
        await WireClient.JudgeErrorAsync<CiamTokenError.InvalidClient>(
            HttpStatusCode.Unauthorized, also: response => response.Content = new StreamContent(new Broken()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RequestTimeout_ends_a_request_before_and_within_the_body(bool withinBody)
    {
        using var wire = new WireClient(options => options.RequestTimeout = TimeSpan.FromSeconds(3));
        var reached = new TaskCompletionSource();
        wire.Endpoint.When("*").Respond(async () =>
        {
            reached.SetResult();
            if (!withinBody)
            {
                await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            }

            return new HttpResponseMessage { Content = new StreamContent(new Endless()) };
        });

        var pending = wire.Client.RequestTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
        await reached.Task;
        wire.Clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(pending.IsCompleted);
        wire.Clock.Advance(TimeSpan.FromSeconds(0.1));

        var error = Assert.IsType<CiamTokenResult.Failure>(await pending).Error;
        Assert.Equal("timeout", Assert.IsType<CiamTokenError.EndpointUnavailable>(error).Code);
        Assert.True(error.IsTransient);
        Assert.Contains("within 3 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_callers_own_cancellation_is_thrown()
    {
        using var wire = new WireClient();
        using var cancellation = new CancellationTokenSource();
        wire.Endpoint.When("*").Respond(async () =>
        {
            await cancellation.CancelAsync();
            throw new HttpRequestException("broken off");
        });

        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => wire.Client.RequestTokenAsync(cancellationToken: cancellation.Token));

        Assert.Equal(cancellation.Token, thrown.CancellationToken);
    }

    [Fact]
    public async Task A_token_of_another_application_cannot_be_revoked()
    {
        using var wire = new WireClient();
        wire.Endpoint.When("*").Respond(HttpStatusCode.Unauthorized, "application/json", """{"error":"invalid_client"}""");

        Assert.IsType<CiamTokenError.InvalidClient>(
            await wire.Client.RevokeTokenAsync("t", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_connection_that_is_reset_immediately_is_reported_as_a_failed_connection()
    {
        using var wire = new WireClient();
        wire.Endpoint.When("*").Throw(new SocketException((int)SocketError.NotConnected));

        var result = await wire.Client.RequestTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

        var error = Assert.IsType<CiamTokenResult.Failure>(result).Error;
        Assert.IsType<CiamTokenError.EndpointUnavailable>(error);
        Assert.Equal("connection_failed", error.Code);
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task A_503_to_a_revocation_is_reported_as_unavailable()
    {
        using var wire = new WireClient();
        wire.Endpoint.When("*").Respond(HttpStatusCode.ServiceUnavailable);

        Assert.IsType<CiamTokenError.EndpointUnavailable>(
            await wire.Client.RevokeTokenAsync("t", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("the.token/+==")]
    [InlineData("the.token%2F%2B%3D%3D")]
    public async Task A_token_repeated_in_a_revocation_error_is_withheld(string repeated)
    {
        using var wire = new WireClient();
        wire.Endpoint.When("*").Respond(
            HttpStatusCode.BadRequest, "application/json", $$"""{"error":"invalid_request","error_description":"bad {{repeated}}"}""");

        var error = await wire.Client.RevokeTokenAsync("the.token/+==", TestContext.Current.CancellationToken);

        Assert.DoesNotContain("the.token", error!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task Revoking_a_null_or_empty_token_throws_ArgumentException(string? token)
    {
        using var wire = new WireClient();

        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => wire.Client.RevokeTokenAsync(token!, TestContext.Current.CancellationToken));
    }

    private sealed class Broken : MemoryStream
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => throw new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely.");
    }

    private sealed class Endless : MemoryStream
    {
        public override bool CanSeek => false;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
