namespace TencentCiam.TokenClient.Tests.HostilePortal;

/// <summary>Responses that are too slow to end, to a request that was sent synchronously.</summary>
public sealed class SynchronousSlowResponseTests
{
    [Theory]
    [InlineData("Content-Length: 1000\r\n\r\n{\"access_token\":")]
    [InlineData("Content-Length: 1000\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nff\r\n{\"access_token\":")]
    [InlineData("\r\n{\"access_token\":")]
    public async Task A_body_that_is_not_sent_to_its_end_ends_with_RequestTimeout(string response)
    {
        using var headers = new HeadersSeen();
        await using var portal = new HostileServer();
        await using var client = new PortalClient(portal, http => http.AddHttpMessageHandler(() => headers));
        var options = new CiamClientCredentialsOptions
        {
            Authority = portal.Authority,
            ClientId = PortalClient.ClientId,
            ClientSecret = PortalClient.Secret,
        };

        var pending = Task.Factory.StartNew(
            () => client.Client.RequestToken(options, scope: null, CancellationToken.None),
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        var connection = await portal.ConnectionAsync();
        await connection.RequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\n" + response);
        await headers.Seen.WaitAsync(HostileServer.MaxWait, TestContext.Current.CancellationToken);
        client.Clock.AdvanceSeconds(10);

        await client.ErrorAsync(typeof(CiamTokenError.EndpointUnavailable), "timeout", pending);
        await connection.ClientDisconnectsAsync();
    }

    /// <summary>Signals that the client has read the headers of a response.</summary>
    private sealed class HeadersSeen : DelegatingHandler
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => _seen.Task;

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = base.Send(request, cancellationToken);
            _seen.SetResult();
            return response;
        }
    }
}
