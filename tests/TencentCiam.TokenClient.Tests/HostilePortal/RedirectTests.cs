using System.Net;

namespace TencentCiam.TokenClient.Tests.HostilePortal;

/// <summary>Responses that redirect the client or set cookies.</summary>
public sealed class RedirectTests
{
    public static MatrixTheoryData<int, CiamClientAuthentication, bool> Redirects { get; } = new(
        [300, 301, 302, 303, 304, 305, 306, 307, 308, 399],
        [CiamClientAuthentication.ClientSecretPost, CiamClientAuthentication.ClientSecretBasic],
        [false, true]);

    [Theory]
    [MemberData(nameof(Redirects))]
    public async Task Nothing_connects_to_the_target_of_a_redirect(
        int status,
        CiamClientAuthentication authentication,
        bool handlerFollowsRedirects)
    {
        await using var elsewhere = HostileServer.Responding(HostileServer.Response(200));
        await using var portal = HostileServer.Responding(HostileServer.Response(
            status, "", $"Location: http://user:password@127.0.0.1:{elsewhere.Port}/oauth2/token?state=1"));
        await using var client = new PortalClient(
            portal,
            http =>
            {
                if (handlerFollowsRedirects)
                {
                    http.ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = true });
                }
            },
            options => options.ClientAuthentication = authentication);

        var error = await client.ErrorAsync(typeof(CiamTokenError.UnusableResponse), "redirect");
        var revocation = await client.Client.RevokeTokenAsync("t", TestContext.Current.CancellationToken);

        await elsewhere.AssertUntouchedAsync();
        Assert.Equal((HttpStatusCode)status, error.StatusCode);
        Assert.False(error.IsTransient);
        Assert.Contains($"http://127.0.0.1:{elsewhere.Port}.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("password", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("state=1", error.Message, StringComparison.Ordinal);
        Assert.Equal("redirect", Assert.IsType<CiamTokenError.UnusableResponse>(revocation).Code);

        // The portal received the secret once per request.
        Assert.Equal(2, portal.Connections.Count);
        Assert.All(portal.Connections, connection => Assert.Contains(
            authentication == CiamClientAuthentication.ClientSecretBasic
                ? $"Authorization: Basic {PortalClient.BasicSecret}"
                : $"client_secret={PortalClient.FormSecret}",
            connection.Received,
            StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Location: //127.0.0.1:{0}/")]
    [InlineData("Location: http://127.0.0.1:{0}/\r\nLocation: http://127.0.0.1:{0}/2")]
    [InlineData("Content-Location: http://127.0.0.1:{0}/")]
    [InlineData("Refresh: 0;url=http://127.0.0.1:{0}/")]
    [InlineData("Alt-Svc: h2=\":{0}\"; ma=86400, h3=\":{0}\"")]
    [InlineData("Location: ht!tp://127.0.0.1:{0}/")]
    [InlineData("Location: javascript:alert(1)")]
    [InlineData("Location: ../../oauth2/token")]
    [InlineData("Location:")]
    public async Task A_redirect_in_any_form_is_not_followed(string header)
    {
        await using var elsewhere = HostileServer.Responding(HostileServer.Response(200));
        await using var portal = HostileServer.Responding(HostileServer.Response(
            307, "", string.Format(System.Globalization.CultureInfo.InvariantCulture, header, elsewhere.Port)));
        await using var client = new PortalClient(portal);

        await client.ErrorAsync(typeof(CiamTokenError.UnusableResponse), "redirect");
        await client.ErrorAsync(typeof(CiamTokenError.UnusableResponse), "redirect");

        await elsewhere.AssertUntouchedAsync();
        Assert.Equal(2, portal.Connections.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cookies_set_by_the_portal_are_not_sent_back(bool handlerKeepsCookies)
    {
        await using var portal = new HostileServer(async connection =>
        {
            while (true)
            {
                await connection.RequestAsync();
                await connection.SendAsync(HostileServer.Response(
                    503, "", "Set-Cookie: session=1; Path=/", "Set-Cookie: other=2; Path=/; Max-Age=99999", "Set-Cookie: ;;="));
            }
        });
        await using var client = new PortalClient(portal, http =>
        {
            if (handlerKeepsCookies)
            {
                http.ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseCookies = true });
            }
        });

        for (var request = 0; request < 3; request++)
        {
            await client.ErrorAsync(typeof(CiamTokenError.EndpointUnavailable), "server_unavailable");
        }

        var received = string.Concat(portal.Connections.Select(connection => connection.Received));
        Assert.Equal(4, received.Split("POST /oauth2/token").Length);
        Assert.DoesNotContain("Cookie", received, StringComparison.OrdinalIgnoreCase);
    }
}
