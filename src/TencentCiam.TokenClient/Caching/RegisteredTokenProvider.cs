using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.DistributedCache;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Caching;

/// <summary>The tokens of a registered client, whose options follow its configuration.</summary>
internal sealed class RegisteredTokenProvider : CiamTokenProvider, IDisposable
{
    private readonly IDisposable? _changeRegistration;
    private readonly IDisposable _lifetimeObservation;

    public RegisteredTokenProvider(
        string clientName,
        IOptionsMonitor<CiamClientCredentialsOptions> options,
        TokenRequester tokenRequester,
        TimeProvider timeProvider,
        ILogger logger,
        Metrics metrics,
        SlotEviction eviction,
        SharedTokenCache? sharedCache = null,
        Func<double>? draw = null,
        HostState? host = null)
        : base(new ClientContext(options.Get(clientName))
        {
            Name = ClientName.Of(clientName),
            NameInMetrics = ClientName.Of(clientName),
            TokenRequester = tokenRequester,
            TimeProvider = timeProvider,
            Logger = new FaultTolerantLogger(logger),
            Metrics = metrics,
            Eviction = eviction,
            SharedCache = sharedCache,
            Draw = draw ?? Random.Shared.NextDouble,
            Host = host ?? new HostState(),
        })
    {
        _lifetimeObservation = metrics.ObserveRemainingLifetimes(Client.NameInMetrics, GetRemainingLifetimes);
        _changeRegistration = options.OnChange((_, name) =>
        {
            if (name == clientName)
            {
                Change(() => options.Get(clientName));
            }
        });

        // The options may have changed before the change listener was registered.
        Change(() => options.Get(clientName));
    }

    public void Dispose()
    {
        _lifetimeObservation.Dispose();
        _changeRegistration?.Dispose();
        Client.Stopping.Cancel();
        EndKeepWarm();
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
}
