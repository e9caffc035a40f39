using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.ClientStore;

/// <summary>The tokens of a client of the store, whose options are looked up before each token request.</summary>
#pragma warning disable CA1001 // A SemaphoreSlim has nothing to dispose of unless its AvailableWaitHandle is used.
internal sealed class StoredTokenProvider(string name, StoredClients clients, ClientLookup lookup, ClientContext client)
    : CiamTokenProvider(client)
#pragma warning restore CA1001
{
    // One lookup at a time, so that the one that began last, with the newest options, also ends last.
    private readonly SemaphoreSlim _lookingUp = new(1);

    public string Name => name;

    public override bool LooksUpOptions => true;

    // The store says before each request which scope that is.
    protected override string OwnScope => "";

    protected override bool KeepsOwnSlot => false;

    public override async ValueTask<CiamTokenError?> UpdateOptionsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _lookingUp.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            return ClientStoreErrors.TimedOut(ClientName.Quote(name), e);
        }

        try
        {
            var (options, error) = await lookup.FindAsync(name, cancellationToken).ConfigureAwait(false);
            if (options is not null)
            {
                Change(() => options);
            }

            return error;
        }
        finally
        {
            _lookingUp.Release();
        }
    }

    public override string GetScopeToRequest(string slotScope)
        => slotScope.Length == 0 ? Client.Options.Scope ?? "" : slotScope;

    /// <summary>Creates the slot of the own scope, so that the client is forgotten even if nobody requests a token.</summary>
    public void Begin() => GetSlot(scope: null);

    protected override void Forget() => clients.Remove(this);

    protected override CiamTokenProvider Successor() => clients.Get(name);
}
