using System.Collections.Concurrent;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Caching;

/// <summary>The tokens of one client: a slot for each scope that is requested.</summary>
internal abstract class CiamTokenProvider(ClientContext client) : ICiamTokenProvider
{
    private readonly object _changing = new();

    // The slot of the client's own scope: the one that nearly every call uses.
    private volatile TokenSlot? _own;

    // The other slots. Created with the first of them, because many clients have none.
    private volatile ConcurrentDictionary<string, TokenSlot>? _slots;

    // One of those slots, without a search: many clients have only one, that of the handler's scope.
    private volatile TokenSlot? _other;
    private volatile bool _isForgotten;

    /// <summary>Whether <see cref="UpdateOptionsAsync"/> may wait. Acquisitions then do not run synchronously.</summary>
    public virtual bool LooksUpOptions => false;

    /// <summary>Each scope's latest acquisition; null when there was none.</summary>
    internal IReadOnlyDictionary<string, TokenAcquisition?> LatestAcquisitions
        => Slots.ToDictionary(slot => slot.Scope, slot => slot.LatestAcquisition);

    /// <summary>What the slots share.</summary>
    protected ClientContext Client => client;

    protected IEnumerable<TokenSlot> Slots
    {
        get
        {
            var others = _slots is { } slots ? slots.Select(slot => slot.Value) : [];
            return _own is { } own ? [own, .. others] : others;
        }
    }

    /// <summary>The key of the slot of the client's own scope.</summary>
    protected virtual string OwnScope => client.Options.Scope ?? "";

    /// <summary>Whether the slot of the own scope is never dropped, nor the provider forgotten.</summary>
    protected virtual bool KeepsOwnSlot => true;

    public ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
        => GetSlot(scope) is { } slot
            ? slot.GetTokenAsync(cancellationToken)
            : ValueTask.FromException<CiamAccessToken>(Malformed(scope!));

    /// <summary>The same for a synchronous caller, whose wait does not need the thread pool.</summary>
    public CiamAccessToken GetToken(string? scope, CancellationToken cancellationToken)
        => (GetSlot(scope) ?? throw Malformed(scope!)).GetToken(cancellationToken);

    public void Invalidate(CiamAccessToken token)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (_isForgotten)
        {
            Successor().Invalidate(token);
            return;
        }

        foreach (var slot in Slots)
        {
            slot.Invalidate(token);
        }
    }

    /// <summary>Looks up the options before a token request. Those of a registered client are always current.</summary>
    /// <param name="cancellationToken">Cancels the lookup.</param>
    /// <returns>Null, or why the client has no valid options.</returns>
    public virtual ValueTask<CiamTokenError?> UpdateOptionsAsync(CancellationToken cancellationToken) => default;

    /// <summary>Returns the scopes that a slot requests now; empty for none.</summary>
    public virtual string GetScopeToRequest(string slotScope) => slotScope;

    /// <summary>Whether it is the slot of the client's own scope, the only one that is kept warm.</summary>
    public bool IsOwn(TokenSlot slot) => ReferenceEquals(slot, _own);

    /// <summary>Acquires the first token of the client's own scope without a caller, and again after failures.</summary>
    /// <param name="isAwaited">Whether the start of the host waits for it.</param>
    /// <returns>The acquisition; null if there is a token already.</returns>
    public TokenAcquisition? AcquireFirst(bool isAwaited) => GetSlot(scope: null)!.AcquireFirst(isAwaited);

    /// <summary>What is known about the token of the client's own scope; null if it was never needed.</summary>
    public SlotState? GetOwnState() => _own?.GetState();

    /// <summary>What is known about the tokens of the other scopes.</summary>
    public IEnumerable<SlotState> GetOtherStates() => Slots.Where(slot => !IsOwn(slot)).Select(slot => slot.GetState());

    /// <summary>Ends what runs without a caller, after the client was disposed.</summary>
    public void EndKeepWarm() => _own?.UpdateKeepWarm();

    /// <summary>Drops a slot, unless it is needed.</summary>
    /// <returns>Whether it is dropped. Callers that still have it get another one from the provider.</returns>
    public bool TryDrop(TokenSlot slot, ClockReading now, bool evenIfFailing)
    {
        lock (_changing)
        {
            var isOwn = ReferenceEquals(slot, _own);
            if ((isOwn && KeepsOwnSlot) || !slot.TryClose(now, evenIfFailing))
            {
                return false;
            }

            _other = ReferenceEquals(slot, _other) ? null : _other;
            if (isOwn)
            {
                _own = null;
            }
            else
            {
                _slots?.TryRemove(KeyValuePair.Create(slot.Scope, slot));
            }

            if (!KeepsOwnSlot && !_isForgotten && !Slots.Any())
            {
                // In this order: once it is marked, its callers use the successor, which must not be itself.
                Forget();
                _isForgotten = true;
            }

            return true;
        }
    }

    /// <summary>Returns the slot; null if the scope is malformed, so that none is created that no portal would accept.</summary>
    protected TokenSlot? GetSlot(string? scope)
        => FindSlot(scope) ?? (string.IsNullOrEmpty(scope) || OAuthScope.IsWellFormed(scope) ? CreateSlot(scope) : null);

    /// <summary>Removes the provider from where it is found, because it has no slot left.</summary>
    protected virtual void Forget()
    {
    }

    /// <summary>Returns the provider that is found now, after <see cref="Forget"/>.</summary>
    protected virtual CiamTokenProvider Successor() => this;

    /// <summary>Replaces the options, and drops what was learned with the old ones and no longer applies.</summary>
    /// <param name="current">Reads the options under the lock, so that of two concurrent changes the later one remains.</param>
    protected void Change(Func<CiamClientCredentialsOptions> current)
    {
        TokenSlot? replaced = null;
        lock (_changing)
        {
            // First the options, then the slots: an acquisition that ends in between sees under the slot's lock that they changed.
            var (old, options) = (client.Options, current());
            client.Options = options;
            if (!old.HasSameCredentials(options))
            {
                foreach (var slot in Slots)
                {
                    slot.Forget(tokenToo: !old.IsSameApplication(options));
                }
            }

            if (_own is { } own && own.Scope != OwnScope)
            {
                // In this order, so that callers, which have no lock, find each slot at any time.
                var slots = _slots ??= NewSlots();
                slots[own.Scope] = replaced = own;
                _own = slots.GetValueOrDefault(OwnScope) ?? NewSlot(OwnScope);
                slots.TryRemove(OwnScope, out _);
            }
        }

        if (replaced is not null)
        {
            client.Eviction.Add(replaced);
            replaced.UpdateKeepWarm();
            if (replaced.NeedsFirstToken)
            {
                _own?.AcquireFirst(isAwaited: false);
            }
        }

        _own?.UpdateKeepWarm(begin: replaced?.HasBegun == true);
    }

    private TokenSlot? FindSlot(string? scope)
    {
        var own = _own;
        if (string.IsNullOrEmpty(scope) || scope == own?.Scope)
        {
            return own;
        }

        if (_other is { } other && scope == other.Scope)
        {
            return other;
        }

        TokenSlot? slot = null;
        _slots?.TryGetValue(scope, out slot);
        return slot;
    }

    private TokenSlot CreateSlot(string? scope)
    {
        if (_isForgotten)
        {
            return Successor().GetSlot(scope)!;
        }

        TokenSlot created;
        lock (_changing)
        {
            if (_isForgotten)
            {
                return Successor().GetSlot(scope)!;
            }

            if (FindSlot(scope) is { } found)
            {
                return found;
            }

            if (string.IsNullOrEmpty(scope) || scope == OwnScope)
            {
                // The own scope may have become one that was requested before.
                if (_slots?.GetValueOrDefault(OwnScope) is { } requested)
                {
                    _own = requested;
                    _slots.TryRemove(OwnScope, out _);
                    return requested;
                }

                _own = created = NewSlot(OwnScope);
            }
            else
            {
                created = NewSlot(scope);
                (_slots ??= NewSlots())[scope] = created;
                _other ??= created;
            }
        }

        if (!(KeepsOwnSlot && ReferenceEquals(created, _own)))
        {
            client.Eviction.Add(created);
        }

        return created;
    }

    // Small, because each of many clients may have one. Written under the lock only.
    private static ConcurrentDictionary<string, TokenSlot> NewSlots() => new(concurrencyLevel: 1, capacity: 1, StringComparer.Ordinal);

    private TokenSlot NewSlot(string scope) => new(scope, client, this);

    private static CiamTokenException Malformed(string scope)
        => new(new CiamTokenError.InvalidScope(scope, statusCode: null));
}
