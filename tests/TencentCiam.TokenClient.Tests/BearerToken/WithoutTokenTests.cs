namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>A request that is sent without a token, because it says so.</summary>
public sealed class WithoutTokenTests
{
    private static readonly string?[] NoneTwice = [null, null];

    [Fact]
    public async Task It_carries_no_token_and_none_is_requested()
    {
        using var api = new FakeApi();
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1").WithoutCiamToken();
        using var again = new HttpRequestMessage(HttpMethod.Get, "orders/1").WithoutCiamToken();

        (await api.Client.SendAsync(request, TestContext.Current.CancellationToken)).Dispose();
        api.Client.Send(again, TestContext.Current.CancellationToken).Dispose();

        Assert.Equal(NoneTwice, api.Received.Select(call => call.Authorization));
        Assert.Equal(0, api.Host.TokenRequests);
    }

    [Fact]
    public async Task It_wins_over_a_client_and_scope_that_the_request_also_chose_and_selects_nothing()
    {
        using var api = new ChoiceApi(options =>
        {
            options.SelectClient = _ => throw new NotSupportedException();
            options.SelectScope = _ => throw new NotSupportedException();
        });

        await api.SendBothWaysAsync(request => request.WithoutCiamToken().UseCiamClient("europe").UseCiamScope("read"));

        Assert.Equal(NoneTwice, api.Received);
    }

    [Theory]
    [InlineData("Bearer the.callers.own")]
    [InlineData("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host;x-date, Signature=c")]
    public async Task The_callers_own_header_is_left_alone(string header)
    {
        using var api = new ChoiceApi(options => options.ReplaceAuthorization = true);

        await api.SendBothWaysAsync(request => request.WithoutCiamToken()
            .Headers.TryAddWithoutValidation("Authorization", header));

        Assert.Equal([header, header], api.Received);
    }

    [Fact]
    public async Task A_token_of_an_earlier_attempt_is_taken_off()
    {
        using var api = new ChoiceApi(outside: new SendsTwice(request => request.WithoutCiamToken()));

        await api.SendAsync();

        Assert.Equal(["Bearer unnamed/own/0", null], api.Received);
    }

    [Fact]
    public async Task A_token_that_was_copied_as_text_is_taken_off()
    {
        using var api = new ChoiceApi(outside: new SendsCopy(isRetry: true, copy => copy.WithoutCiamToken()));

        await api.SendAsync();

        Assert.Equal(["Bearer unnamed/own/0", null], api.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_handler_of_two_attaches_a_token_or_leaves_the_one_of_an_earlier_attempt(bool isCopy)
    {
        using var api = new ChoiceApi(
            options => options.Scope = "outer",
            outside: isCopy
                ? new SendsCopy(isRetry: true, copy => copy.WithoutCiamToken())
                : new SendsTwice(request => request.WithoutCiamToken()),
            innerScope: "inner");

        await api.SendAsync();

        Assert.Equal(["Bearer unnamed/outer/0", null], api.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_token_of_an_inner_handler_is_taken_off(bool isCopy)
    {
        using var api = new ChoiceApi(
            options => options.RetryOnUnauthorized = false,
            outside: isCopy
                ? new SendsCopy(isRetry: true, copy => copy.WithoutCiamToken())
                : new SendsTwice(request => request.WithoutCiamToken()),
            inside: new Changes(request => request.Headers.Authorization = null),
            innerScope: "inner");

        await api.SendAsync();

        Assert.Equal(["Bearer unnamed/inner/0", null], api.Received);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task It_may_go_over_plain_http_whatever_handlers_there_are(bool hasOtherHandlers, bool hasTwoTokenHandlers)
    {
        using var api = new ChoiceApi(
            baseAddress: "http://orders.internal",
            inside: hasOtherHandlers ? new Changes(_ => { }) : null,
            innerScope: hasTwoTokenHandlers ? "inner" : null);

        await Assert.ThrowsAsync<InvalidOperationException>(() => api.SendAsync());
        await api.SendBothWaysAsync(request => request.WithoutCiamToken());

        Assert.Equal(NoneTwice, api.Received);
    }

    [Fact]
    public async Task It_may_go_to_any_address_without_a_warning()
    {
        using var api = new FakeApi();
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://elsewhere.example.com").WithoutCiamToken();

        (await api.Client.SendAsync(request, TestContext.Current.CancellationToken)).Dispose();

        Assert.Single(api.Received);
        Assert.Empty(api.Host.Logs.Named("OriginNotAllowed"));
    }

    [Fact]
    public async Task A_retry_handler_around_keeps_the_choice_also_on_a_copy_with_the_options()
    {
        using var api = new ChoiceApi(outside: new SendsTwice());
        using var copying = new ChoiceApi(outside: new SendsCopy(isRetry: true, copiesOptions: true));

        await api.SendAsync(request => request.WithoutCiamToken());
        await copying.SendAsync(request => request.WithoutCiamToken());

        Assert.Equal(NoneTwice, api.Received);
        Assert.Equal(NoneTwice, copying.Received);
    }

    private sealed class Changes(Action<HttpRequestMessage> change) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            change(request);
            return base.SendAsync(request, cancellationToken);
        }

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            change(request);
            return base.Send(request, cancellationToken);
        }
    }
}
