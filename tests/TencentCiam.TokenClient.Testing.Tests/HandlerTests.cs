using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class HandlerTests : IDisposable
{
    private readonly CiamPortalEmulator _portal = CreatePortal();

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task Disposing_a_handler_does_nothing_to_the_portal()
    {
        var accessToken = await _portal.GetAccessTokenAsync();
        var handler = _portal.CreateHandler();
        handler.Dispose();

        Assert.NotSame(handler, _portal.CreateHandler());
        Assert.True(_portal.IsActive(accessToken));
        Assert.NotEmpty(await _portal.GetAccessTokenAsync());
    }

    [Fact]
    public void Synchronous_requests_are_answered()
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
    public async Task An_invoker_is_enough_to_host_the_portal()
    {
        using var invoker = new HttpMessageInvoker(_portal.CreateHandler());
        using var request = _portal.Post(TokenPath, _portal.Application.TokenRequest());

        using var response = await invoker.SendAsync(request, Cancellation);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Same(request, response.RequestMessage);
    }

    [Fact]
    public async Task The_clients_base_address_is_the_authority()
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

    [Fact]
    public async Task A_request_that_is_cancelled_already_is_not_received()
    {
        using var invoker = new HttpMessageInvoker(_portal.CreateHandler());
        using var request = _portal.Post(TokenPath, _portal.Application.TokenRequest());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => invoker.SendAsync(request, new CancellationToken(canceled: true)));

        Assert.Empty(_portal.Requests);
    }

    [Fact]
    public async Task A_disposed_portal_says_so()
    {
        var portal = CreatePortal();
        using var client = portal.CreateClient();
        portal.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => client.GetAsync(new Uri("/oauth2/jwks", UriKind.Relative), Cancellation));
    }
}
