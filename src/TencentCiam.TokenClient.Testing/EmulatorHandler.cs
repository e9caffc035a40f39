namespace TencentCiam.TokenClient.Testing;

// Thin, because IHttpClientFactory disposes handlers when it sees fit: all state is the emulator's.
internal sealed class EmulatorHandler(CiamPortalEmulator emulator) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => emulator.SendAsync(request, async: true, cancellationToken);

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        => emulator.SendAsync(request, async: false, cancellationToken).GetAwaiter().GetResult();
}
