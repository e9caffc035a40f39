namespace TencentCiam.TokenClient.Testing;

// Thin, because IHttpClientFactory disposes handlers when it sees fit: all state is the emulator's.
internal sealed class EmulatorHandler : HttpMessageHandler
{
    private readonly CiamPortalEmulator _emulator;

    public EmulatorHandler(CiamPortalEmulator emulator)
    {
        _emulator = emulator;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => _emulator.SendAsync(request, async: true, cancellationToken);

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        => _emulator.SendAsync(request, async: false, cancellationToken).GetAwaiter().GetResult();
}
