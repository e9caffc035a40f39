using System.Net;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>A retry handler may send a copy of the request, to which it has copied the library's header as text.</summary>
public sealed class HeaderCopyTests
{
    [Fact]
    public async Task A_copy_gets_a_token_that_was_refreshed_in_between()
    {
        using var api = Api(isRetry: true);
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
    public async Task A_copy_with_a_token_that_is_rejected_gets_another()
    {
        using var api = Api(isRetry: true);
        api.Respond = (request, count) => new HttpResponseMessage(
            count == 1 ? HttpStatusCode.ServiceUnavailable
            : api.Host.Portal.IsActive(request.Headers.Authorization!.Parameter!) ? HttpStatusCode.OK
            : HttpStatusCode.Unauthorized);
        await api.RevokedTokenAsync();

        using var response = await api.GetAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_copy_that_goes_to_another_origin_does_not_carry_the_token()
    {
        using var api = Api(isRetry: true, copy => copy.RequestUri = new Uri("https://elsewhere.example.com/"));

        await api.GetAsync();

        Assert.Equal([true, false], api.Received.Select(call => call.Authorization is not null));
    }

    [Fact]
    public async Task A_header_with_an_earlier_token_of_the_client_is_replaced()
    {
        string? first = null;
        using var api = new FakeApi();
        for (var i = 0; i < 20; i++)
        {
            await api.GetAsync();
            first ??= api.Received.First().Authorization;
            api.Host.Clock.AdvanceSeconds(300);
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");
        request.Headers.TryAddWithoutValidation("Authorization", first);
        await api.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.NotEqual(first, api.Received.Last().Authorization);
    }

    [Theory]
    [InlineData("bearer {0}", true)]
    [InlineData("Bearer {0}x", false)]
    [InlineData("DPoP {0}", false)]
    [InlineData("Bearer", false)]
    public async Task Only_a_bearer_token_of_the_library_is_replaced(string header, bool isReplaced)
    {
        using var api = new FakeApi();
        await api.GetAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");
        var sent = string.Format(System.Globalization.CultureInfo.InvariantCulture, header, api.Host.TokenAtOnce().Value);
        request.Headers.TryAddWithoutValidation("Authorization", sent);

        await api.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(isReplaced ? $"Bearer {api.Host.TokenAtOnce().Value}" : sent, api.Received.Last().Authorization);
    }

    private static FakeApi Api(bool isRetry, Action<HttpRequestMessage>? change = null)
        => new(also: builder => builder.AddHttpMessageHandler(() => new SendsCopy(isRetry, change)));
}
