using System.Net;
using System.Net.Http.Headers;
using System.Text;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.BearerToken;

public sealed class UnauthorizedTests
{
    public static TheoryData<string, Func<HttpContent?>> ReplayableBodies { get; } = new()
    {
        { "", () => null },
        { "text", () => new StringContent("text") },
        { "bytes", () => new ByteArrayContent("bytes"u8.ToArray()) },
        { "memory", () => new ReadOnlyMemoryContent("memory"u8.ToArray()) },
        { "a=b", () => new FormUrlEncodedContent([new("a", "b")]) },
        { "[1,2]", () => JsonContent.Create(new[] { 1, 2 }) },
    };

    [Theory]
    [MemberData(nameof(ReplayableBodies))]
    public async Task A_revoked_token_is_replaced_and_the_request_is_resent_once(string body, Func<HttpContent?> content)
    {
        using var api = new FakeApi();
        var revoked = await api.RevokedTokenAsync();

        var response = await api.Client.PostAsync(
            new Uri("orders", UriKind.Relative), content(), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([body, body], api.Received.Select(call => call.Body));
        Assert.Equal($"Bearer {revoked.Value}", api.Received.First().Authorization);
        Assert.Equal($"Bearer {api.Host.TokenAtOnce().Value}", api.Received.Last().Authorization);
        Assert.Equal(2, api.Host.TokenRequests);
    }

    [Fact]
    public async Task A_synchronous_request_is_resent_once_after_a_401()
    {
        using var api = new FakeApi();
        await api.RevokedTokenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");

        var response = api.Client.Send(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(2, api.Received.Count);
    }

    [Fact]
    public async Task A_401_is_returned_when_the_body_cannot_be_resent_and_the_next_request_uses_a_new_token()
    {
        using var api = new FakeApi();
        await api.RevokedTokenAsync();

        var response = await api.Client.PostAsync(
            new Uri("orders", UriKind.Relative),
            new StreamContent(new MemoryStream(new byte[(1024 * 1024) + 1])),
            TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Single(api.Received);
        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync()).StatusCode);
        Assert.Equal(2, api.Host.TokenRequests);
    }

    [Fact]
    public async Task Without_RetryOnUnauthorized_the_401_is_returned_and_the_next_request_uses_a_new_token()
    {
        using var api = new FakeApi(options => options.RetryOnUnauthorized = false);
        await api.RevokedTokenAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, (await api.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync()).StatusCode);
        Assert.Equal(2, api.Host.TokenRequests);
    }

    [Fact]
    public async Task A_synchronous_request_is_sent_once_without_RetryOnUnauthorized()
    {
        using var api = new FakeApi(options => options.RetryOnUnauthorized = false);
        await api.RevokedTokenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");

        using var response = api.Client.Send(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Single(api.Received);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_callers_thread_is_not_needed(bool isRecorded)
    {
        using var api = new FakeApi(services: services => services.AddHttpClient("orders").AddHttpMessageHandler(() => new Yielding()));
        await api.RevokedTokenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "orders")
        {
            Content = isRecorded ? new StreamContent(new MemoryStream([1])) : new ByteArrayContent([1]),
        };
        var context = new BlockedThreadContext();

        await context.Run(() => api.Client.SendAsync(request, TestContext.Current.CancellationToken));

        Assert.Equal(2, api.Received.Count);
        Assert.Equal(0, context.Posts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_callers_thread_is_not_needed_for_the_second_attempt(bool isTokenLate)
    {
        using var invoker = new HttpMessageInvoker(new CiamBearerTokenHandler(new TwoTokens(isTokenLate))
        {
            InnerHandler = new RejectsAtOnceThenAcceptsLate(),
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://orders.example.com/1");
        var context = new BlockedThreadContext();

        await context.Run(() => invoker.SendAsync(request, TestContext.Current.CancellationToken));

        Assert.Equal("second", request.Headers.Authorization?.Parameter);
        Assert.Equal(0, context.Posts);
    }

    [Fact]
    public async Task The_callers_thread_is_not_needed_for_the_first_token()
    {
        using var api = new FakeApi();
        var context = new BlockedThreadContext();

        await context.Run(() => api.GetAsync());

        Assert.Equal(0, context.Posts);
    }

    [Fact]
    public async Task A_second_401_is_returned_to_the_caller()
    {
        using var api = new FakeApi();
        await api.RevokedTokenAsync();
        api.Respond = (_, _) => new HttpResponseMessage(HttpStatusCode.Unauthorized);

        var response = await api.GetAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(2, api.Received.Count);
        Assert.Equal(2, api.Host.TokenRequests);
    }

    [Fact]
    public async Task A_token_that_replaced_a_rejected_one_seconds_ago_is_not_replaced_after_a_401()
    {
        using var api = new FakeApi { Respond = (_, _) => new HttpResponseMessage(HttpStatusCode.Unauthorized) };
        await api.GetAsync();
        Assert.Equal(2, api.Host.TokenRequests);

        var response = await api.GetAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(3, api.Received.Count);
        Assert.Equal(2, api.Host.TokenRequests);
    }

    [Fact]
    public async Task The_first_401_is_disposed_before_the_second_attempt()
    {
        using var api = new FakeApi();
        await api.RevokedTokenAsync();
        var disposedFirst = false;
        var rejected = new DisposalTrackingContent();
        var respond = api.Respond;
        api.Respond = (request, count) =>
        {
            disposedFirst = rejected.IsDisposed;
            return count == 1 ? new HttpResponseMessage(HttpStatusCode.Unauthorized) { Content = rejected } : respond(request, count);
        };

        await api.GetAsync();

        Assert.True(disposedFirst);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_no_other_token_can_be_obtained_the_401_is_returned(bool synchronously)
    {
        using var api = new FakeApi();
        await api.RevokedTokenAsync();
        api.Host.Portal.Application.IsEnabled = false;
        using var rejection = new DisposalTrackingContent();
        api.Respond = (_, _) => new HttpResponseMessage(HttpStatusCode.Unauthorized) { Content = rejection };
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");

        using var response = synchronously
            ? api.Client.Send(request, TestContext.Current.CancellationToken)
            : await api.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.False(rejection.IsDisposed);
        Assert.Single(api.Received);
        Assert.Equal(2, api.Host.TokenRequests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_caller_that_cancels_while_a_new_token_is_acquired_gets_no_response(bool synchronously)
    {
        using var cancellation = new CancellationTokenSource();
        using var api = new FakeApi();
        await api.RevokedTokenAsync();
        using var rejection = new DisposalTrackingContent();
        api.Respond = (_, _) =>
        {
            cancellation.Cancel();
            return new HttpResponseMessage(HttpStatusCode.Unauthorized) { Content = rejection };
        };
        using var invoker = new HttpMessageInvoker(
            api.Host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("orders"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://orders.example.com/orders/1");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => _ = synchronously
            ? invoker.Send(request, cancellation.Token)
            : await invoker.SendAsync(request, cancellation.Token));

        Assert.True(rejection.IsDisposed);
        Assert.Single(api.Received);
    }

    [Theory]
    [InlineData("Bearer error=\"invalid_token\", error_description=\"Error decoding\u200B JWT\"", "error=\"invalid_token\", error_description=\"Error decoding  JWT\"")]
    [InlineData("Bearer", "no error in the challenge")]
    [InlineData("Basic realm=\"orders\"", "no error in the challenge")]
    [InlineData(null, "no error in the challenge")]
    public async Task The_log_of_a_401_quotes_the_challenge(string? challenge, string quoted)
    {
        using var api = new FakeApi();
        await api.RevokedTokenAsync();
        api.Respond = (_, _) =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.Unauthorized);
            _ = challenge is null || response.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge);
            return response;
        };

        await api.GetAsync();

        Assert.Contains(
            $"rejected the token (401, {quoted})", api.Host.Logs.Named("TokenRefused").First().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_challenge_that_repeats_the_token_is_not_logged()
    {
        using var api = new FakeApi();
        await api.RevokedTokenAsync();
        api.Respond = (request, _) =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.Unauthorized);
            response.Headers.TryAddWithoutValidation("WWW-Authenticate", $"Bearer error_description=\"{request.Headers.Authorization!.Parameter}\"");
            return response;
        };

        await api.GetAsync();

        var message = api.Host.Logs.Named("TokenRefused").First().Message;
        Assert.Contains("withheld", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "error=\"insufficient_scope\"")]
    [InlineData(HttpStatusCode.Forbidden, "error=\"invalid_token\"")]
    [InlineData(HttpStatusCode.Unauthorized, "error=\"insufficient_scope\"")]
    public async Task A_403_or_an_insufficient_scope_challenge_is_never_retried(HttpStatusCode status, string challenge)
    {
        using var api = new FakeApi();
        var token = await api.Host.TokenAsync();
        api.Host.Clock.AdvanceSeconds(30);
        api.Respond = (_, _) => new HttpResponseMessage(status)
        {
            Headers = { WwwAuthenticate = { new AuthenticationHeaderValue("Bearer", challenge) } },
        };

        var response = await api.GetAsync();

        Assert.Equal(status, response.StatusCode);
        Assert.Single(api.Received);
        Assert.Same(token, api.Host.TokenAtOnce());
    }

    [Fact]
    public async Task A_401_after_a_redirect_that_removed_the_token_does_not_invalidate_it()
    {
        using var api = new FakeApi();
        var token = await api.Host.TokenAsync();
        api.Host.Clock.AdvanceSeconds(30);
        api.Respond = (request, _) =>
        {
            // As SocketsHttpHandler does when it follows a redirect.
            request.Headers.Authorization = null;
            return new HttpResponseMessage(HttpStatusCode.Unauthorized);
        };

        var response = await api.GetAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Same(token, api.Host.TokenAtOnce());
    }

    [Fact]
    public async Task A_thousand_401s_for_one_token_cause_one_token_request_and_one_log_entry()
    {
        using var api = new FakeApi();
        await api.RevokedTokenAsync();
        api.Host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(1)));

        var calls = Enumerable.Range(0, 1000).Select(_ => api.GetAsync()).ToArray();
        await api.Host.Clock.TimerAsync(1, 1);
        api.Host.Clock.AdvanceSeconds(1);
        var responses = await Task.WhenAll(calls);

        Assert.All(responses, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(2, api.Host.TokenRequests);
        Assert.Single(api.Host.Logs.Named("TokenRefused"));
    }

    private sealed class DisposalTrackingContent() : ByteArrayContent(Encoding.UTF8.GetBytes("rejected"))
    {
        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }

    /// <summary>Never completes at once.</summary>
    private sealed class Yielding : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class TwoTokens(bool isSecondLate) : ICiamTokenProvider
    {
        private bool _isSecond;

        public async ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
        {
            if (_isSecond && isSecondLate)
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            return new CiamAccessToken(_isSecond ? "second" : "first", TimeSpan.FromMinutes(5), default);
        }

        public void Invalidate(CiamAccessToken token) => _isSecond = true;
    }

    private sealed class RejectsAtOnceThenAcceptsLate : HttpMessageHandler
    {
        private int _requests;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (_requests++ == 0)
            {
                return new HttpResponseMessage(HttpStatusCode.Unauthorized);
            }

            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return new HttpResponseMessage(HttpStatusCode.OK);
        }
    }
}
