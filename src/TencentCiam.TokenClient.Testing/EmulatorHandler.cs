namespace TencentCiam.TokenClient.Testing;

// Stateless, because IHttpClientFactory decides when a handler is disposed: the emulator holds all state.
internal sealed class EmulatorHandler(CiamPortalEmulator emulator) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => emulator.SendAsync(request, async: true, cancellationToken);

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        => emulator.SendAsync(request, async: false, cancellationToken).GetAwaiter().GetResult();
}
