using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>
/// Follows configuration changes like the framework's monitor, but keeps the last valid options when the changed ones do not
/// validate. The framework's monitor drops the old ones first, and then throws at every reload and every read.
/// </summary>
internal sealed class LastValidOptionsMonitor : IOptionsMonitor<CiamClientCredentialsOptions>, IDisposable
{
    private readonly IOptionsFactory<CiamClientCredentialsOptions> _factory;
    private readonly FaultTolerantLogger _logger;
    private readonly ConcurrentDictionary<string, CiamClientCredentialsOptions> _valid = new(StringComparer.Ordinal);
    private readonly List<IDisposable> _registrations = [];
    private readonly object _reloading = new();

    private event Action<CiamClientCredentialsOptions, string?>? Changed;

    public LastValidOptionsMonitor(
        IOptionsFactory<CiamClientCredentialsOptions> factory,
        IEnumerable<IOptionsChangeTokenSource<CiamClientCredentialsOptions>> sources,
        ILoggerFactory loggerFactory)
    {
        _factory = factory;
        _logger = new FaultTolerantLogger(loggerFactory.CreateLogger(Log.Category));
        foreach (var source in sources)
        {
            _registrations.Add(ChangeToken.OnChange(source.GetChangeToken, Reload, source.Name ?? Options.DefaultName));
        }
    }

    public CiamClientCredentialsOptions CurrentValue => Get(Options.DefaultName);

    public CiamClientCredentialsOptions Get(string? name)
        => _valid.GetOrAdd(name ?? Options.DefaultName, static (added, factory) => factory.Create(added), _factory);

    public IDisposable OnChange(Action<CiamClientCredentialsOptions, string?> listener)
    {
        Changed += listener;
        return new Subscription(() => Changed -= listener);
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void Reload(string name)
    {
        // In order: of two concurrent reloads, the later one must not be overwritten by what the earlier one read.
        lock (_reloading)
        {
            CiamClientCredentialsOptions changed;
            try
            {
                changed = _factory.Create(name);
            }
#pragma warning disable CA1031 // Binding, the user's own Configure and validation may throw anything; the old options stay.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.OptionsRejected(_logger, ClientName.Of(name), e.Message);
                return;
            }

            _valid[name] = changed;
            NotifyListeners(changed, name);
        }
    }

    // Every listener is called even if one throws, because the library's own is among them. The first exception reaches the
    // reload, as with the framework's monitor.
    private void NotifyListeners(CiamClientCredentialsOptions changed, string name)
    {
        ExceptionDispatchInfo? thrown = null;
        foreach (var listener in Changed?.GetInvocationList() ?? [])
        {
            try
            {
                ((Action<CiamClientCredentialsOptions, string?>)listener)(changed, name);
            }
#pragma warning disable CA1031 // A listener of the user's may throw anything.
            catch (Exception e)
#pragma warning restore CA1031
            {
                thrown ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        thrown?.Throw();
    }

    private sealed class Subscription(Action unsubscribe) : IDisposable
    {
        public void Dispose() => unsubscribe();
    }
}
