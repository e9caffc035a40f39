using System.Net;
using Microsoft.Extensions.Time.Testing;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class FaultTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CiamPortalEmulator _portal;

    public FaultTests()
    {
        _portal = CreatePortal(timeProvider: _clock);
    }

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task Faults_occur_in_the_order_they_were_queued_and_then_the_portal_recovers()
    {
        _portal.FailNext(CiamPortalFault.TooManyRequests(), times: 2);
        _portal.FailNext(CiamPortalFault.BadGateway());

        Assert.Equal([429, 429, 502, 200], await StatusesAsync(4));
    }

    [Fact]
    public async Task An_outage_lasts_until_it_is_cleared()
    {
        _portal.Outage = CiamPortalFault.TemporarilyUnavailable();
        var during = await StatusesAsync(2);
        _portal.Outage = null;

        Assert.Equal([503, 503], during);
        Assert.Equal([200], await StatusesAsync(1));
    }

    [Fact]
    public async Task Queued_faults_take_precedence_over_an_outage()
    {
        _portal.Outage = CiamPortalFault.TemporarilyUnavailable();
        _portal.FailNext(CiamPortalFault.BadGateway());

        Assert.Equal([502, 503], await StatusesAsync(2));
    }

    [Fact]
    public async Task A_fault_also_affects_revocation_and_the_token_stays_active()
    {
        var accessToken = await _portal.GetAccessTokenAsync();
        _portal.FailNext(CiamPortalFault.TemporarilyUnavailable());

        using var response = await _portal.PostRevocationAsync(_portal.Application.Credentials() + "&token=" + accessToken);

        Assert.Equal(503, (int)response.StatusCode);
        Assert.True(_portal.IsActive(accessToken));
    }

    [Fact]
    public async Task The_key_set_and_discovery_work_during_an_outage()
    {
        _portal.Outage = CiamPortalFault.ConnectionFailure();

        Assert.NotEmpty(await _portal.GetStringAsync("/oauth2/jwks"));
        Assert.NotEmpty(await _portal.GetStringAsync("/.well-known/openid-configuration"));
    }

    [Fact]
    public async Task TemporarilyUnavailable_has_the_documented_body_and_the_Retry_After_header()
    {
        _portal.FailNext(CiamPortalFault.TemporarilyUnavailable(TimeSpan.FromSeconds(7)));

        using var response = await PostAsync();

        Assert.StartsWith(
            """{"error":"temporarily_unavailable","error_description":" """.TrimEnd(),
            await response.BodyAsync(),
            StringComparison.Ordinal);
        Assert.Equal("application/json;charset=UTF-8", response.RawContentType());
        Assert.Equal("7", response.Headers.GetValues("Retry-After").Single());
        Assert.Equal(_clock.GetUtcNow(), response.Headers.Date);
    }

    [Fact]
    public async Task OAuthError_has_the_given_code_description_and_status()
    {
        _portal.FailNext(CiamPortalFault.OAuthError("invalid_request"));
        _portal.FailNext(CiamPortalFault.OAuthError("access_denied", "Say \"please\".", HttpStatusCode.Forbidden));

        using var bare = await PostAsync();
        using var full = await PostAsync();

        await bare.AssertErrorAsync(400, """{"error":"invalid_request"}""");
        await full.AssertErrorAsync(403, """{"error":"access_denied","error_description":"Say \"please\"."}""");
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(0.0, "0")]
    [InlineData(1.5, "2")]
    public async Task TooManyRequests_has_the_given_Retry_After_rounded_up(double? seconds, string? header)
    {
        _portal.FailNext(CiamPortalFault.TooManyRequests(seconds is { } value ? TimeSpan.FromSeconds(value) : null));

        using var response = await PostAsync();

        Assert.Equal(429, (int)response.StatusCode);
        Assert.Empty(await response.BodyAsync());
        Assert.Equal(header, response.Headers.TryGetValues("Retry-After", out var values) ? values.Single() : null);
    }

    [Fact]
    public async Task BadGateway_returns_an_HTML_page()
    {
        _portal.FailNext(CiamPortalFault.BadGateway());

        using var response = await PostAsync();

        Assert.Equal("text/html", response.RawContentType());
        Assert.StartsWith("<html>", await response.BodyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConnectionFailure_throws_what_a_failed_connection_throws()
    {
        _portal.FailNext(CiamPortalFault.ConnectionFailure());

        var exception = await Assert.ThrowsAsync<HttpRequestException>(PostAsync);

        Assert.Equal(HttpRequestError.ConnectionError, exception.HttpRequestError);
        Assert.Null(exception.StatusCode);
        Assert.Null(Assert.Single(_portal.Requests).StatusCode);
    }

    [Fact]
    public async Task ClearFaults_discards_queued_faults_and_the_outage()
    {
        _portal.Outage = CiamPortalFault.TemporarilyUnavailable();
        _portal.FailNext(CiamPortalFault.BadGateway(), times: 3);

        _portal.ClearFaults();

        Assert.Null(_portal.Outage);
        Assert.Equal([200], await StatusesAsync(1));
    }

    [Fact]
    public async Task InternalServerError_has_Spring_Boots_JSON_body()
    {
        _portal.FailNext(CiamPortalFault.InternalServerError());

        using var response = await PostAsync();

        Assert.Equal(500, (int)response.StatusCode);
        Assert.Equal(
            """{"timestamp":"2000-01-01T00:00:00.000+00:00","status":500,"error":"Internal Server Error","path":"/oauth2/token"}""",
            await response.BodyAsync());
    }

    [Theory]
    [InlineData(HttpCompletionOption.ResponseContentRead, true)]
    [InlineData(HttpCompletionOption.ResponseContentRead, false)]
    [InlineData(HttpCompletionOption.ResponseHeadersRead, true)]
    public async Task TruncatedResponse_ends_after_half_of_the_usual_body(HttpCompletionOption completion, bool async)
    {
        _portal.FailNext(CiamPortalFault.TruncatedResponse());
        using var client = _portal.CreateClient();
        using var request = _portal.Post(TokenPath, _portal.Application.TokenRequest());

        var exception = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var response = async
                ? await client.SendAsync(request, completion, Cancellation)
                : client.Send(request, completion, Cancellation);
            await response.Content.ReadAsByteArrayAsync(Cancellation);
        });

        Assert.Equal(
            HttpRequestError.ResponseEnded,
            ((exception as HttpIOException) ?? Assert.IsType<HttpIOException>(exception.InnerException)).HttpRequestError);
        Assert.Equal(HttpStatusCode.OK, Assert.Single(_portal.Requests).StatusCode);
    }

    [Fact]
    public async Task TruncatedResponse_has_the_length_of_the_whole_body_and_its_first_half()
    {
        _portal.FailNext(CiamPortalFault.TruncatedResponse());
        using var client = _portal.CreateClient();
        using var request = _portal.Post(TokenPath, _portal.Application.TokenRequest());

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var stream = await response.Content.ReadAsStreamAsync(Cancellation);
        var half = new byte[(int)response.Content.Headers.ContentLength! / 2];
        await stream.ReadExactlyAsync(half, Cancellation);

        Assert.StartsWith("""{"access_token":"ey""", System.Text.Encoding.UTF8.GetString(half), StringComparison.Ordinal);
        Assert.Throws<HttpIOException>(() => stream.ReadByte());
        Assert.Equal("application/json;charset=UTF-8", response.RawContentType());
    }

    [Fact]
    public async Task Hang_lasts_until_the_client_cancels()
    {
        _portal.FailNext(CiamPortalFault.Hang());
        using var giveUp = new CancellationTokenSource();
        using var client = _portal.CreateClient();
        using var request = _portal.Post(TokenPath, _portal.Application.TokenRequest());

        var sending = client.SendAsync(request, giveUp.Token);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.False(sending.IsCompleted);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.Null(Assert.Single(_portal.Requests).StatusCode);
    }

    [Fact]
    public async Task Delay_passes_on_the_portals_clock_and_then_the_usual_response_arrives()
    {
        _portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(5)));

        var sending = PostAsync();
        _clock.Advance(TimeSpan.FromSeconds(4.999));
        Assert.False(sending.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.001));
        using var response = await sending;

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(_clock.GetUtcNow(), response.Headers.Date);
    }

    [Fact]
    public async Task Respond_sends_any_status_body_and_content_type()
    {
        _portal.FailNext(CiamPortalFault.Respond(HttpStatusCode.OK, "tökens", contentType: "a strange / type"));
        _portal.FailNext(CiamPortalFault.Respond(HttpStatusCode.OK, "{}", contentType: null));

        using var strange = await PostAsync();
        using var missing = await PostAsync();

        Assert.Equal("tökens"u8.ToArray(), await strange.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal("a strange / type", strange.RawContentType());
        Assert.Null(missing.RawContentType());
    }

    [Fact]
    public async Task Respond_sends_a_response_that_the_test_creates()
    {
        _portal.FailNext(CiamPortalFault.Respond(request =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.TemporaryRedirect);
            response.Headers.Location = new Uri(request.RequestUri!, "/elsewhere");
            return response;
        }));

        using var response = await PostAsync();

        Assert.Equal(new Uri("https://ciam.test/elsewhere"), response.Headers.Location);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Respond_can_read_the_content_of_the_request_which_can_then_be_sent_again(bool async)
    {
        var form = _portal.Application.TokenRequest();
        _portal.FailNext(CiamPortalFault.Respond(request =>
        {
            using var reader = new StreamReader(request.Content!.ReadAsStream(), leaveOpen: true);
            var read = reader.ReadToEnd();
            request.Content.ReadAsStream().Position = 0;
            return new HttpResponseMessage(read == form ? HttpStatusCode.Accepted : HttpStatusCode.Conflict);
        }));
        using var client = _portal.CreateClient();
        using var content = new StringContent(form, System.Text.Encoding.UTF8, "application/x-www-form-urlencoded");
        var statuses = new List<HttpStatusCode>();

        for (var i = 0; i < 2; i++)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "oauth2/token") { Content = content };
            using var response = async ? await client.SendAsync(request, Cancellation) : client.Send(request, Cancellation);
            statuses.Add(response.StatusCode);
        }

        Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.OK], statuses);
    }

    [Fact]
    public async Task Each_use_of_a_fault_creates_a_new_response()
    {
        var fault = CiamPortalFault.TemporarilyUnavailable();
        _portal.FailNext(fault, times: 2);
        using (var first = await PostAsync())
        {
            Assert.NotEmpty(await first.BodyAsync());
        }

        using var second = await PostAsync();

        Assert.NotEmpty(await second.BodyAsync());
    }

    [Fact]
    public void Invalid_arguments_are_rejected_immediately()
    {
        Assert.Throws<ArgumentOutOfRangeException>("times", () => _portal.FailNext(CiamPortalFault.Hang(), times: 0));
        Assert.Throws<ArgumentOutOfRangeException>("delay", () => CiamPortalFault.Delay(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentException>("code", () => CiamPortalFault.OAuthError(""));
        Assert.Throws<ArgumentOutOfRangeException>("retryAfter", () => CiamPortalFault.TooManyRequests(TimeSpan.FromTicks(-1)));
    }

    private Task<HttpResponseMessage> PostAsync() => _portal.PostTokenAsync(_portal.Application.TokenRequest());

    private async Task<List<int>> StatusesAsync(int requests)
    {
        var statuses = new List<int>();
        for (var i = 0; i < requests; i++)
        {
            using var response = await PostAsync();
            statuses.Add((int)response.StatusCode);
        }

        return statuses;
    }
}
