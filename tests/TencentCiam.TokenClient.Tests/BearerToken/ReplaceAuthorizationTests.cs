using System.Net;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>A reverse proxy sends its own token instead of the credentials of its callers.</summary>
public sealed class ReplaceAuthorizationTests
{
    private const string Aws = "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host;x-date, Signature=c";

    [Theory]
    [InlineData("Bearer the.callers.own")]
    [InlineData("Basic dXNlcjpwYXNzd29yZA==")]
    [InlineData(Aws)]
    [InlineData("")]
    public async Task A_header_that_came_with_the_request_is_replaced(string header)
    {
        using var api = Api();

        await api.SendBothWaysAsync(request => request.Headers.TryAddWithoutValidation("Authorization", header));

        Assert.Equal(["Bearer unnamed/own/0", "Bearer unnamed/own/0"], api.Received);
    }

    [Fact]
    public async Task Several_headers_that_came_with_the_request_are_replaced_by_one()
    {
        using var api = Api();

        await api.SendBothWaysAsync(
            request => request.Headers.TryAddWithoutValidation("Authorization", ["Bearer the.callers.own", Aws]));

        Assert.Equal(["Bearer unnamed/own/0", "Bearer unnamed/own/0"], api.Received);
    }

    [Theory]
    [InlineData("Bearer the.callers.own")]
    [InlineData(Aws)]
    public async Task A_request_to_an_origin_that_gets_no_token_is_sent_as_it_is(string header)
    {
        using var api = Api();

        await api.SendBothWaysAsync(
            request => request.Headers.TryAddWithoutValidation("Authorization", header), "https://elsewhere.example.com/1");

        Assert.Equal([header, header], api.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task So_is_one_over_plain_http_to_an_origin_that_gets_no_token(bool hasOtherHandlers)
    {
        using var api = Api(inside: hasOtherHandlers ? new Passing() : null);

        await api.SendBothWaysAsync(
            request => request.Headers.Authorization = new("Bearer", "the.callers.own"), "http://elsewhere.internal/1");

        Assert.Equal(["Bearer the.callers.own", "Bearer the.callers.own"], api.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_does_not_replace_a_header_over_plain_http_and_the_header_is_not_sent_either(bool hasOtherHandlers)
    {
        using var api = Api("http://orders.internal", hasOtherHandlers ? new Passing() : null);

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => api.SendAsync(request => request.Headers.Authorization = new("Bearer", "the.callers.own")));
        Assert.Throws<InvalidOperationException>(
            () => api.Send(request => request.Headers.Authorization = new("Bearer", "the.callers.own")));

        Assert.Empty(api.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_token_of_an_outer_handler_is_not_replaced(bool isCopied)
    {
        var received = new List<string?>();
        using var invoker = new HttpMessageInvoker(new CiamBearerTokenHandler(new ChoiceApi.FakeTokens("outer"))
        {
            InnerHandler = new SendsCopy(isRetry: false, copiesOptions: isCopied)
            {
                InnerHandler = new CiamBearerTokenHandler(new ChoiceApi.FakeTokens("inner"), new() { ReplaceAuthorization = true })
                {
                    InnerHandler = new Responding(received),
                },
            },
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://orders.example.com/1");

        (await invoker.SendAsync(request, TestContext.Current.CancellationToken)).Dispose();

        Assert.Equal(["Bearer outer/own/0"], received);
    }

    [Fact]
    public async Task Of_two_handlers_the_outer_one_replaces_the_header_and_the_inner_one_keeps_its_token()
    {
        using var api = new ChoiceApi(
            options =>
            {
                options.Scope = "outer";
                options.ReplaceAuthorization = true;
            },
            innerScope: "inner");

        await api.SendBothWaysAsync(request => request.Headers.Authorization = new("Bearer", "the.callers.own"));

        Assert.Equal(["Bearer unnamed/outer/0", "Bearer unnamed/outer/0"], api.Received);
    }

    [Fact]
    public async Task A_rejected_token_is_replaced_too()
    {
        using var api = Api();
        api.Respond = count => count % 2 == 1 ? HttpStatusCode.Unauthorized : HttpStatusCode.OK;

        await api.SendBothWaysAsync(request => request.Headers.TryAddWithoutValidation("Authorization", Aws));

        Assert.Equal(
            ["Bearer unnamed/own/0", "Bearer unnamed/own/1", "Bearer unnamed/own/1", "Bearer unnamed/own/2"], api.Received);
    }

    [Fact]
    public async Task It_applies_to_a_chosen_client_and_scope()
    {
        using var api = Api();

        await api.SendAsync(request =>
        {
            request.UseCiamClient("europe").UseCiamScope("read");
            request.Headers.Authorization = new("Bearer", "the.callers.own");
        });

        Assert.Equal(["Bearer europe/read/0"], api.Received);
    }

    [Fact]
    public async Task A_request_is_not_sent_with_its_own_header_when_no_token_can_be_acquired()
    {
        using var api = new FakeApi(options => options.ReplaceAuthorization = true);
        api.Host.Portal.Application.IsEnabled = false;
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");
        request.Headers.Authorization = new("Bearer", "the.callers.own");

        await Assert.ThrowsAsync<CiamTokenException>(
            () => api.Client.SendAsync(request, TestContext.Current.CancellationToken));

        Assert.Empty(api.Received);
    }

    private static ChoiceApi Api(string baseAddress = "https://orders.example.com", DelegatingHandler? inside = null)
        => new(options => options.ReplaceAuthorization = true, baseAddress: baseAddress, inside: inside);

    private sealed class Passing : DelegatingHandler;

    private sealed class Responding(List<string?> received) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            received.Add(request.Headers.Authorization?.ToString());
            return Task.FromResult(new HttpResponseMessage { RequestMessage = request });
        }
    }
}
