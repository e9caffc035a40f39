using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Caching;

/// <summary>The tokens of one client: a slot for each scope that is asked for.</summary>
internal sealed class CiamTokenProvider : ICiamTokenProvider, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ClientContext _source;
    private readonly ConcurrentDictionary<string, TokenSlot> _slots = new(StringComparer.Ordinal);
    private readonly object _changing = new();
    private readonly IDisposable? _changes;

    // That of the client's own scope: the one that nearly every call asks.
    private volatile TokenSlot _own;

    public CiamTokenProvider(
        string clientName,
        IOptionsMonitor<CiamClientCredentialsOptions> options,
        Func<CiamClientCredentialsOptions, string, CancellationToken, Task<CiamTokenResult>> requestTokenAsync,
        TimeProvider timeProvider,
        ILogger logger,
        Metrics metrics,
        Func<double>? draw = null)
    {
        _source = new ClientContext(options.Get(clientName))
        {
            ClientName = clientName.Length == 0 ? "(unnamed)" : clientName,
            RequestTokenAsync = requestTokenAsync,
            TimeProvider = timeProvider,
            Logger = logger,
            Metrics = metrics,
            Draw = draw ?? Random.Shared.NextDouble,
            Stopping = _stopping.Token,
        };
        metrics.Add(this);
        _changes = options.OnChange((_, name) =>
        {
            if (name == clientName)
            {
                Change(() => options.Get(clientName));
            }
        });

        // They may have changed before anyone listened. This also makes the first slot.
        Change(() => options.Get(clientName));
    }

    public string ClientName => _source.ClientName;

    /// <summary>How long the tokens that are held have to live, by scope.</summary>
    public IEnumerable<(string Scope, TimeSpan Remaining)> RemainingLives
    {
        get
        {
            foreach (var slot in Slots)
            {
                if (slot.RemainingLife is { } remaining)
                {
                    yield return (slot.Scope, remaining);
                }
            }
        }
    }

    /// <summary>The latest acquisition of each scope.</summary>
    internal IReadOnlyDictionary<string, Task> Completions => _slots.ToDictionary(slot => slot.Key, slot => slot.Value.Completion);

    private IEnumerable<TokenSlot> Slots => _slots.Select(slot => slot.Value);

    public ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
    {
        if (string.IsNullOrEmpty(scope))
        {
            return _own.GetTokenAsync(cancellationToken);
        }

        if (_slots.TryGetValue(scope, out var slot))
        {
            return slot.GetTokenAsync(cancellationToken);
        }

        // A slot is kept for good, so none is made for what no portal would accept.
        return OAuthScope.IsWellFormed(scope)
            ? SlotFor(scope).GetTokenAsync(cancellationToken)
            : ValueTask.FromException<CiamAccessToken>(
                new CiamTokenException(new CiamTokenError.InvalidScope(scope, statusCode: null)));
    }

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
        _source.Metrics.Remove(this);
        _changes?.Dispose();
        _stopping.Cancel();
    }

    private TokenSlot SlotFor(string scope)
        => _slots.GetOrAdd(scope, static (added, source) => new TokenSlot(added, source), _source);

    // The options are read under the lock, so that of two changes at once the later one stays.
    [MemberNotNull(nameof(_own))]
    private void Change(Func<CiamClientCredentialsOptions> current)
    {
        lock (_changing)
        {
            // First the options, then the slots: a acquisition that lands in between sees under the slot's lock that they changed.
            var (old, options) = (_source.Options, current());
            _source.Options = options;
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
