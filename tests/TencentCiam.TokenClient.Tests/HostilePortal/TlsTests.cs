namespace TencentCiam.TokenClient.Tests.HostilePortal;

/// <summary>Portals that fail before a request can be sent. None of them receives the secret.</summary>
public sealed class TlsTests
{
    private const string Here = "127.0.0.1";

    [Fact]
    public async Task A_request_succeeds_with_a_certificate_that_the_user_trusts()
    {
        await using var portal = new HostileServer(
            async connection =>
            {
                await connection.RequestAsync();
                await connection.SendAsync(
                    HostileServer.Response(200, """{"access_token":"t","token_type":"Bearer","expires_in":299}"""));
            },
            ServerCertificate.For(Here));
        await using var client = Trusting(portal);

        // This proves that the tests below fail for the reason they name.
        Assert.Equal("t", (await client.ResultAsync()).GetTokenOrThrow().Value);
    }

    [Theory]
    [InlineData("untrusted root", "certificate chain")]
    [InlineData("expired", "NotTimeValid")]
    [InlineData("wrong host", "RemoteCertificateNameMismatch")]
    public async Task A_portal_with_an_invalid_certificate_receives_nothing(string fault, string reason)
    {
        await using var portal = new HostileServer(
            connection => connection.RequestAsync(),
            ServerCertificate.For(fault == "wrong host" ? "other.example.com" : Here, isExpired: fault == "expired"));
        await using var client = fault == "untrusted root" ? new PortalClient(portal) : Trusting(portal);

        var error = await client.ErrorAsync(typeof(CiamTokenError.EndpointUnavailable), "untrusted_certificate");

        Assert.False(error.IsTransient);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);

        // Nor is the request retried: that would not make the certificate trusted.
        await Assert.ThrowsAsync<CiamTokenException>(
            () => client.Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(2, portal.Connections.Count);
        foreach (var connection in portal.Connections)
        {
            await connection.Ended.WaitAsync(HostileServer.MaxWait, TestContext.Current.CancellationToken);
            Assert.Equal("", connection.Received);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u0016")]
    [InlineData("\u0016\u0003\u0003\u0040\0\u0002")]
    public async Task A_handshake_that_hangs_ends_with_RequestTimeout(string first)
    {
        await using var portal = new HostileServer();
        await using var client = Encrypting(portal);

        var pending = client.RequestAsync();
        var connection = await portal.ConnectionAsync();
        await connection.ReceiveAsync();
        await connection.SendAsync(first);
        client.Clock.AdvanceSeconds(9.9);
        Assert.False(pending.IsCompleted);
        client.Clock.AdvanceSeconds(0.1);

        var error = await client.ErrorAsync(typeof(CiamTokenError.EndpointUnavailable), "timeout", pending);
        Assert.True(error.IsTransient);
        PortalClient.AssertContainsNoSecret(connection.Received);
    }

    [Theory]
    [InlineData("closes", "")]
    [InlineData("closes within a record", "\u0016\u0003\u0003\0\u0040\u0002")]
    [InlineData("responds in plain text", "HTTP/1.1 400 Bad Request\r\n\r\nPlain HTTP here")]
    [InlineData("responds as a load balancer without servers", "HTTP/1.0 503 Service Unavailable\r\n\r\n")]
    [InlineData("responds in another protocol", "220 mail.example.com ESMTP\r\n")]
    [InlineData("sends noise", "\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087")]
    [InlineData("sends a record that is not a handshake", "\u0016\u0003\u0003\0\u0004xxxx")]
    [InlineData("alerts that it has no common version", "\u0015\u0003\u0003\0\u0002\u0002\u0046")]
    [InlineData("alerts that its handshake has failed", "\u0015\u0003\u0003\0\u0002\u0002\u0028")]
    [InlineData("alerts that it closes", "\u0015\u0003\u0003\0\u0002\u0001\0")]
    public async Task A_failed_handshake_is_transient(string how, string bytes)
    {
        Assert.NotEmpty(how);
        await using var portal = new HostileServer(async connection =>
        {
            await connection.ReceiveAsync();
            await connection.SendAsync(bytes);
        });
        await using var client = Encrypting(portal);

        await client.ConnectionFailedAsync();

        PortalClient.AssertContainsNoSecret(Assert.Single(portal.Connections).Received);
    }

    [Fact]
    public async Task A_connection_reset_during_the_handshake_is_transient()
    {
        await using var portal = new HostileServer(async connection =>
        {
            await connection.ReceiveAsync();
            connection.Reset();
        });
        await using var client = Encrypting(portal);

        await client.ConnectionFailedAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u0016\u0003\u0003\u0040\0")]
    public async Task An_endless_handshake_is_abandoned(string first)
    {
        await using var portal = new HostileServer(async connection =>
        {
            await connection.ReceiveAsync();
            await connection.SendAsync(first);
            await connection.FloodAsync("x");
        });
        await using var client = Encrypting(portal);

        await client.ConnectionFailedAsync();

        var connection = Assert.Single(portal.Connections);
        await connection.Ended.WaitAsync(HostileServer.MaxWait, TestContext.Current.CancellationToken);
        Assert.InRange(connection.Sent, 1, 8 * 1024 * 1024);
    }

    private static PortalClient Trusting(HostileServer portal)
        => new(portal, http => http.ConfigurePrimaryHttpMessageHandler(ServerCertificate.TrustingHandler));

    // For a server that does not speak the TLS that its address promises.
    private static PortalClient Encrypting(HostileServer portal)
        => new(portal, configure: options => options.Authority = new Uri($"https://{Here}:{portal.Port}"));
}
