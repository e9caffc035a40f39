using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
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
        Func<double>? draw = null)
    {
        _source = new TokenSource(options.Get(clientName))
        {
            ClientName = clientName.Length == 0 ? "(unnamed)" : clientName,
            RequestTokenAsync = requestTokenAsync,
            TimeProvider = timeProvider,
            Logger = logger,
            Draw = draw ?? Random.Shared.NextDouble,
            Stopping = _stopping.Token,
        };
        _own = new TokenSlot(scope: null, _source);
        _changes = options.OnChange((changed, name) =>
        {
            if (name == clientName)
            {
                Change(changed);
            }
        });
    }

    /// <summary>All flights under way.</summary>
    internal Task Landings => Task.WhenAll(_others.Values.Append(_own).Select(slot => slot.Landing));

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
        _own.Invalidate(token);
        foreach (var (_, slot) in _others)
        {
            slot.Invalidate(token);
        }
    }

    public void Dispose()
    {
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
            foreach (var (_, slot) in _others)
            {
                slot.Forget(tokenToo: otherApplication);
            }

            _own.Forget(tokenToo: otherApplication);
        }

        if (old.Scope != options.Scope)
        {
            _own.Forget(tokenToo: true);
        }
    }
}
