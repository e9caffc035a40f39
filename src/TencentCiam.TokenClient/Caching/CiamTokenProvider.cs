using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Caching;

/// <summary>The tokens of one client: a slot for each scope that is requested.</summary>
internal sealed class CiamTokenProvider : ICiamTokenProvider, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ClientContext _client;
    private readonly ConcurrentDictionary<string, TokenSlot> _slots = new(StringComparer.Ordinal);
    private readonly object _changing = new();
    private readonly IDisposable? _changeRegistration;
    private readonly IDisposable _lifetimeObservation;

    // The slot of the client's own scope: the one that nearly every call uses.
    private volatile TokenSlot _own;

    public CiamTokenProvider(
        string clientName,
        IOptionsMonitor<CiamClientCredentialsOptions> options,
        TokenRequester tokenRequester,
        TimeProvider timeProvider,
        ILogger logger,
        Metrics metrics,
        Func<double>? draw = null)
    {
        _client = new ClientContext(options.Get(clientName))
        {
            Name = ClientName.Of(clientName),
            TokenRequester = tokenRequester,
            TimeProvider = timeProvider,
            Logger = new FaultTolerantLogger(logger),
            Metrics = metrics,
            Draw = draw ?? Random.Shared.NextDouble,
            Stopping = _stopping.Token,
        };
        _lifetimeObservation = metrics.ObserveRemainingLifetimes(_client.Name, GetRemainingLifetimes);
        _changeRegistration = options.OnChange((_, name) =>
        {
            if (name == clientName)
            {
                Change(() => options.Get(clientName));
            }
        });

        // The options may have changed before the change listener was registered. This also creates the first slot.
        Change(() => options.Get(clientName));
    }

    /// <summary>Each scope's latest acquisition; null when there was none.</summary>
    internal IReadOnlyDictionary<string, TokenAcquisition?> LatestAcquisitions
        => _slots.ToDictionary(slot => slot.Key, slot => slot.Value.LatestAcquisition);

    private IEnumerable<TokenSlot> Slots => _slots.Select(slot => slot.Value);

    public ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
        => TryGetSlot(scope, out var slot)
            ? slot.GetTokenAsync(cancellationToken)
            : ValueTask.FromException<CiamAccessToken>(Malformed(scope!));

    /// <summary>The same for a synchronous caller, whose wait does not need the thread pool.</summary>
    public CiamAccessToken GetToken(string? scope, CancellationToken cancellationToken)
        => TryGetSlot(scope, out var slot) ? slot.GetToken(cancellationToken) : throw Malformed(scope!);

    public void Invalidate(CiamAccessToken token)
    {
        ArgumentNullException.ThrowIfNull(token);
        foreach (var slot in Slots)
        {
            slot.Invalidate(token);
        }
    }

    public void Dispose()
    {
        _lifetimeObservation.Dispose();
        _changeRegistration?.Dispose();
        _stopping.Cancel();
    }

    private IEnumerable<(string Scope, TimeSpan Remaining)> GetRemainingLifetimes()
    {
        foreach (var slot in Slots)
        {
            if (slot.RemainingLifetime is { } remaining)
            {
                yield return (slot.Scope, remaining);
            }
        }
    }

    // A slot is never removed, so none is created for a scope that no portal would accept.
    private bool TryGetSlot(string? scope, [NotNullWhen(true)] out TokenSlot? slot)
    {
        if (string.IsNullOrEmpty(scope))
        {
            slot = _own;
            return true;
        }

        if (!_slots.TryGetValue(scope, out slot) && OAuthScope.IsWellFormed(scope))
        {
            slot = SlotFor(scope);
        }

        return slot is not null;
    }

    private static CiamTokenException Malformed(string scope)
        => new(new CiamTokenError.InvalidScope(scope, statusCode: null));

    private TokenSlot SlotFor(string scope)
        => _slots.GetOrAdd(scope, static (added, client) => new TokenSlot(added, client), _client);

    // The options are read under the lock, so that of two changes at once the later one stays.
    [MemberNotNull(nameof(_own))]
    private void Change(Func<CiamClientCredentialsOptions> current)
    {
        lock (_changing)
        {
            // First the options, then the slots: an acquisition that ends in between sees under the slot's lock that they changed.
            var (old, options) = (_client.Options, current());
            _client.Options = options;
            if (!old.HasSameCredentials(options))
            {
                foreach (var slot in Slots)
                {
                    slot.Forget(tokenToo: !old.IsSameApplication(options));
                }
            }

            _own = SlotFor(options.Scope ?? "");
        }
    }
}
