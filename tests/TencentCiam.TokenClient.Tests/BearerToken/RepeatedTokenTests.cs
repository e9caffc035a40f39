using System.Net;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>A portal that issues the same token again, as some do until it expires.</summary>
public sealed class RepeatedTokenTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rejected_token_that_the_portal_issues_again_is_not_sent_again(bool synchronously)
    {
        using var api = new FakeApi(services: services => services.AddCiamClientCredentials(_ => { })
            .ConfigurePrimaryHttpMessageHandler(() => new PortalWithOneToken()))
        {
            Respond = (_, _) => new HttpResponseMessage(HttpStatusCode.Unauthorized),
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");

        var response = synchronously
            ? api.Client.Send(request, TestContext.Current.CancellationToken)
            : await api.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Single(api.Received);
    }

    private sealed class PortalWithOneToken : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => Task.FromResult(Send(request, cancellationToken));

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
            => new(HttpStatusCode.OK)
            {
                Content = new StringContent("""{"access_token":"always-the-same","token_type":"Bearer","expires_in":300}"""),
            };
    }
}
