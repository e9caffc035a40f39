using System.Net;
using System.Net.Http.Headers;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.BearerToken;

public sealed class AttachingTests
{
    [Fact]
    public async Task A_request_carries_the_token()
    {
        using var api = new FakeApi();

        var response = await api.GetAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal($"Bearer {api.Host.TokenAtOnce().Value}", api.Received.Single().Authorization);
    }

    [Fact]
    public async Task All_requests_share_one_token()
    {
        using var api = new FakeApi();

        for (var i = 0; i < 10; i++)
        {
            await api.GetAsync();
        }

        Assert.Single(api.Received.Select(call => call.Authorization).Distinct());
        Assert.Equal(1, api.Host.TokenRequests);
    }

    [Fact]
    public void A_synchronous_request_carries_the_token()
    {
        using var api = new FakeApi();
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");

        var response = api.Client.Send(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(1, api.Host.TokenRequests);
    }

    [Fact]
    public async Task A_request_is_not_sent_when_no_token_can_be_acquired()
    {
        using var api = new FakeApi();
        api.Host.Portal.Application.IsEnabled = false;

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(() => api.GetAsync());

        Assert.IsType<CiamTokenError.InvalidClient>(thrown.Error);
        Assert.Equal(HttpStatusCode.Unauthorized, thrown.StatusCode);
        Assert.IsAssignableFrom<HttpRequestException>(thrown);
        Assert.Contains("switched off", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(api.Received);
    }

    [Fact]
    public async Task The_handlers_scope_overrides_the_clients_scope()
    {
        using var api = new FakeApi(options => options.Scope = "orders.write");

        await api.GetAsync();

        Assert.Equal("orders.write", api.Host.Portal.Requests.Single().Scope);
    }

    [Fact]
    public async Task The_callers_own_Authorization_header_is_left_alone()
    {
        using var api = new FakeApi();
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "the.callers.own");

        var response = await api.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(["Bearer the.callers.own"], api.Received.Select(call => call.Authorization));
        Assert.Equal(0, api.Host.TokenRequests);
    }

    [Theory]
    [InlineData("SharedAccessSignature sr=orders&sig=c2lnbmF0dXJl&se=1")]
    [InlineData("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host;x-date, Signature=c")]
    [InlineData("")]
    public async Task An_Authorization_header_that_cannot_be_parsed_is_left_alone(string header)
    {
        string? received = null;
        using var api = new FakeApi();
        api.Respond = (request, _) =>
        {
            received = request.Headers.NonValidated["Authorization"].ToString();
            return new HttpResponseMessage(HttpStatusCode.OK);
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");
        request.Headers.TryAddWithoutValidation("Authorization", header);

        await api.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(header, received);
        Assert.Equal(0, api.Host.TokenRequests);
    }

    [Fact]
    public async Task Each_retry_attempt_carries_the_current_token()
    {
        using var api = new FakeApi(also: builder => builder.AddHttpMessageHandler(() => new SendsTwice()));

        await api.GetAsync();
        var first = api.Host.TokenAtOnce();
        api.Host.Clock.AdvanceSeconds(290);
        await api.GetAsync();

        var calls = api.Received.Select(call => call.Authorization).ToArray();
        Assert.Equal(4, calls.Length);
        Assert.Equal([$"Bearer {first.Value}", $"Bearer {first.Value}"], calls[..2]);
        Assert.DoesNotContain($"Bearer {first.Value}", calls[2..]);
        Assert.All(calls[2..], Assert.NotNull);
    }

    [Fact]
    public async Task A_retry_uses_a_new_token_when_the_first_one_is_about_to_expire()
    {
        using var api = new FakeApi(also: builder => builder.AddHttpMessageHandler(() => new SendsTwice()));
        var old = await api.Host.TokenAsync();
        api.Respond = (_, _) =>
        {
            api.Host.Clock.AdvanceSeconds(290);
            return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
        };

        await api.GetAsync();

        var calls = api.Received.Select(call => call.Authorization).ToArray();
        Assert.Equal($"Bearer {old.Value}", calls[0]);
        Assert.NotEqual($"Bearer {old.Value}", calls[1]);
        Assert.Equal(2, api.Host.TokenRequests);
    }

    [Fact]
    public async Task A_retry_to_another_origin_does_not_carry_the_token()
    {
        using var api = new FakeApi(also: builder => builder.AddHttpMessageHandler(() => new SendsTwice()));
        api.Respond = (request, _) =>
        {
            request.RequestUri = new Uri("https://elsewhere.example.com/");
            return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
        };

        await api.GetAsync();

        Assert.Equal([true, false], api.Received.Select(call => call.Authorization is not null));
    }

    [Fact]
    public async Task Adding_the_handler_twice_is_harmless()
    {
        using var api = new FakeApi(also: builder => builder.AddCiamClientCredentialsHandler());

        var response = await api.GetAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(1, api.Host.TokenRequests);
        Assert.Single(api.Received);
    }

    [Fact]
    public async Task The_handler_works_without_IHttpClientFactory()
    {
        using var api = new FakeApi();
        using var portal = new CiamPortalEmulator();
        using var handler = new CiamBearerTokenHandler(api.Host.Tokens) { InnerHandler = portal.CreateHandler() };
        using var invoker = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://ciam.test/oauth2/jwks");

        var response = await invoker.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(api.Host.TokenAtOnce().Value, request.Headers.Authorization!.Parameter);
    }

    [Fact]
    public async Task A_fake_token_provider_can_replace_the_real_one()
    {
        var token = new CiamAccessToken("fake", TimeSpan.FromMinutes(5), DateTimeOffset.MaxValue);
        using var api = new FakeApi(services: services => services.AddSingleton<ICiamTokenProvider>(new Fake(token)));

        await api.GetAsync();

        Assert.Equal("Bearer fake", api.Received.First().Authorization);
    }

    [Fact]
    public void A_malformed_scope_or_origin_throws_ArgumentException()
    {
        var provider = new Fake(new CiamAccessToken("fake", default, default));

        Assert.Throws<ArgumentNullException>(() => new CiamBearerTokenHandler(null!));
        Assert.Throws<ArgumentException>(() => new CiamBearerTokenHandler(provider, new() { Scope = "a  b" }));
        var thrown = Assert.Throws<ArgumentException>(() => new CiamBearerTokenHandler(
            provider, new() { AllowedOrigins = { new Uri("/orders", UriKind.Relative) } }));
        Assert.Contains("/orders", thrown.Message, StringComparison.Ordinal);
    }

    private sealed class Fake(CiamAccessToken token) : ICiamTokenProvider
    {
        public ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
            => new(token);

        public void Invalidate(CiamAccessToken token)
        {
        }
    }

    private sealed class SendsTwice : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            (await base.SendAsync(request, cancellationToken)).Dispose();
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
