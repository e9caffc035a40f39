namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>A peer that attaches its token in a DelegatingHandler.</summary>
internal abstract class HandlerPeer : Peer
{
    private readonly HttpMessageInvoker _calls;
    private readonly HttpMessageInvoker _baseline;

    protected HandlerPeer(DelegatingHandler handler, HttpMessageHandler resource)
    {
        handler.InnerHandler = resource;
        _calls = new HttpMessageInvoker(handler);
        _baseline = new HttpMessageInvoker(new ConstantHeaderHandler { InnerHandler = resource });
    }

    public override Task CallAsync() => _calls.SendAsync(NewCall(), CancellationToken.None);

    public override void Call() => _calls.Send(NewCall(), CancellationToken.None);

    public override Task CallBaselineAsync() => _baseline.SendAsync(NewCall(), CancellationToken.None);

    public override void Dispose()
    {
        _calls.Dispose();
        _baseline.Dispose();
    }
}
