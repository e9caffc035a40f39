using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Caching;

/// <summary>The tokens of one client: a slot for each scope that is asked for.</summary>
internal sealed class CiamTokenProvider : ICiamTokenProvider, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TokenSource _source;
    private readonly TokenSlot _own;
    private readonly ConcurrentDictionary<string, TokenSlot> _others = new(StringComparer.Ordinal);
    private readonly IDisposable? _changes;

    public CiamTokenProvider(
        string clientName,
        IOptionsMonitor<CiamClientCredentialsOptions> options,
        Func<CiamClientCredentialsOptions, string?, CancellationToken, Task<CiamTokenResult>> requestTokenAsync,
        TimeProvider timeProvider,
        ILogger logger,
        Metrics metrics,
        Func<double>? draw = null)
    {
        _source = new TokenSource(options.Get(clientName))
        {
            ClientName = clientName.Length == 0 ? "(unnamed)" : clientName,
            RequestTokenAsync = requestTokenAsync,
            TimeProvider = timeProvider,
            Logger = logger,
            Metrics = metrics,
            Draw = draw ?? Random.Shared.NextDouble,
            Stopping = _stopping.Token,
        };
        _own = new TokenSlot(scope: null, _source);
        metrics.Add(this);
        _changes = options.OnChange((changed, name) =>
        {
            if (name == clientName)
            {
                Change(changed);
            }
        });
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
                    yield return (slot.ScopeName, remaining);
                }
            }
        }
    }

    /// <summary>All flights under way.</summary>
    internal Task Landings => Task.WhenAll(Slots.Select(slot => slot.Landing));

    private IEnumerable<TokenSlot> Slots => _others.Select(other => other.Value).Prepend(_own);

    public ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
    {
        if (string.IsNullOrEmpty(scope) || scope == _source.Options.Scope)
        {
            return _own.GetTokenAsync(cancellationToken);
        }

        if (_others.TryGetValue(scope, out var slot))
        {
            return slot.GetTokenAsync(cancellationToken);
        }

        // A slot is kept for good, so none is made for what no portal would accept.
        return OAuthScope.IsWellFormed(scope)
            ? _others.GetOrAdd(scope, static (added, source) => new TokenSlot(added, source), _source)
                .GetTokenAsync(cancellationToken)
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

    private void Change(CiamClientCredentialsOptions options)
    {
        // First the options, then the slots: a flight that lands in between sees under the slot's lock that they changed.
        var old = _source.Options;
        _source.Options = options;

        var otherApplication = !old.IsSameApplication(options);
        if (otherApplication || old.ClientSecret != options.ClientSecret
            || old.ClientAuthentication != options.ClientAuthentication)
        {
            foreach (var slot in Slots)
            {
                slot.Forget(tokenToo: otherApplication);
            }
        }

        if (old.Scope != options.Scope)
        {
            _own.Forget(tokenToo: true);
        }
    }
}
