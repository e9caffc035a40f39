namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>A peer whose token is attached by a DelegatingHandler.</summary>
internal abstract class HandlerPeer : Peer
{
    private readonly HttpMessageInvoker _calls;
    private readonly HttpMessageInvoker _floor;

    protected HandlerPeer(DelegatingHandler handler, HttpMessageHandler resource)
    {
        handler.InnerHandler = resource;
        _calls = new HttpMessageInvoker(handler);
        _floor = new HttpMessageInvoker(new ReadyMadeHeaderHandler { InnerHandler = resource });
    }

    public override Task CallAsync() => _calls.SendAsync(NewCall(), CancellationToken.None);

    public override Task CallFloorAsync() => _floor.SendAsync(NewCall(), CancellationToken.None);

    public override void Dispose()
    {
        _calls.Dispose();
        _floor.Dispose();
    }
}
