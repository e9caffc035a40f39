using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class HandlerTests : IDisposable
{
    private readonly CiamPortalEmulator _portal = CreatePortal();

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task Disposing_a_handler_does_not_affect_the_portal()
    {
        var accessToken = await _portal.GetAccessTokenAsync();
        var handler = _portal.CreateHandler();
        handler.Dispose();

        Assert.NotSame(handler, _portal.CreateHandler());
        Assert.True(_portal.IsActive(accessToken));
        Assert.NotEmpty(await _portal.GetAccessTokenAsync());
    }

    [Fact]
    public void A_synchronous_request_gets_a_response()
    {
        using var client = _portal.CreateClient();
        using var request = _portal.Post(TokenPath, _portal.Application.TokenRequest());

        using var response = client.Send(request, Cancellation);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(CiamClientAuthentication.ClientSecretPost, Assert.Single(_portal.Requests).ClientAuthentication);
    }

    [Fact]
    public async Task A_synchronous_request_can_hang()
    {
        _portal.FailNext(CiamPortalFault.Hang());
        using var client = _portal.CreateClient();
        using var request = _portal.Post(TokenPath, _portal.Application.TokenRequest());
        using var giveUp = new CancellationTokenSource();

        var sending = Task.Run(() => client.Send(request, giveUp.Token), Cancellation);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task The_handler_works_with_an_HttpMessageInvoker()
    {
        using var invoker = new HttpMessageInvoker(_portal.CreateHandler());
        using var request = _portal.Post(TokenPath, _portal.Application.TokenRequest());

        using var response = await invoker.SendAsync(request, Cancellation);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Same(request, response.RequestMessage);
    }

    [Fact]
    public async Task CreateClient_uses_the_authority_as_base_address()
    {
        using var client = _portal.CreateClient();
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"),
            new("client_id", _portal.Application.ClientId),
            new("client_secret", _portal.Application.ClientSecret),
        ]);

        using var response = await client.PostAsync(new Uri("oauth2/token", UriKind.Relative), form, Cancellation);

        Assert.Equal(_portal.Authority, client.BaseAddress);
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_same_content_can_be_sent_again_as_retry_handlers_do(bool async)
    {
        using var client = _portal.CreateClient();
        using var form = new StringContent(
            _portal.Application.TokenRequest(), System.Text.Encoding.UTF8, "application/x-www-form-urlencoded");

        for (var i = 0; i < 3; i++)
        {
            // Not disposed, because that disposes the content.
            var request = new HttpRequestMessage(HttpMethod.Post, "oauth2/token") { Content = form };
            using var response = async ? await client.SendAsync(request, Cancellation) : client.Send(request, Cancellation);
            Assert.Equal(200, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task A_request_that_is_already_cancelled_is_not_received()
    {
        using var invoker = new HttpMessageInvoker(_portal.CreateHandler());
        using var request = _portal.Post(TokenPath, _portal.Application.TokenRequest());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => invoker.SendAsync(request, new CancellationToken(canceled: true)));

        Assert.Empty(_portal.Requests);
    }

    [Fact]
    public async Task A_disposed_portal_throws_ObjectDisposedException()
    {
        var portal = CreatePortal();
        using var client = portal.CreateClient();
        portal.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => client.GetAsync(new Uri("/oauth2/jwks", UriKind.Relative), Cancellation));
    }
}
