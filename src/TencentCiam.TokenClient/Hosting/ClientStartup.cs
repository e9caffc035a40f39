using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.DependencyInjection;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.Hosting;

/// <summary>
/// Acquires the first tokens of the registered clients when the host starts, as their StartupMode says, and ends what runs
/// without a caller when the host stops. Clients whose token provider was replaced, as in a test, are left alone.
/// </summary>
internal sealed class ClientStartup(IServiceProvider services, HostState host) : IHostedLifecycleService
{
    private bool _hasStarted;

    // Before any hosted service starts, whatever the order of registration, because they may already call.
    public Task StartingAsync(CancellationToken cancellationToken) => StartAsync(cancellationToken);

    // The legacy WebHost calls only this.
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_hasStarted || services.GetService<RegisteredClients>() is not { } clients)
        {
            return Task.CompletedTask;
        }

        _hasStarted = true;
        var required = new List<(string Name, Task<CiamTokenResult> Completion)>();
        foreach (var name in clients.Names)
        {
            var mode = services.GetRequiredService<IOptionsMonitor<CiamClientCredentialsOptions>>().Get(name).StartupMode;
            if (mode != CiamStartupMode.Lazy
                && services.FindTokenProvider(name) is CiamTokenProvider provider
                && provider.AcquireFirst(isAwaited: mode == CiamStartupMode.Required) is { } acquisition
                && mode == CiamStartupMode.Required)
            {
                required.Add((name, acquisition.Completion));
            }
        }

        return required.Count == 0 ? Task.CompletedTask : WaitAsync(required, cancellationToken);
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        host.Stop();
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Each acquisition ends when AcquisitionTimeout has passed.
    private async Task WaitAsync(List<(string Name, Task<CiamTokenResult> Completion)> required, CancellationToken cancellationToken)
    {
        await Task.WhenAll(required.Select(client => client.Completion)).WaitAsync(cancellationToken).ConfigureAwait(false);

        var logger = new FaultTolerantLogger(CommonServices.Logger(services));
        var permanent = new List<(string Name, CiamTokenError Error)>();
        foreach (var (name, completion) in required)
        {
            if ((await completion.ConfigureAwait(false) as CiamTokenResult.Failure)?.Error is not { } error)
            {
                continue;
            }

            if (error.IsTransient)
            {
                Log.StartedWithoutToken(logger, error.Cause, ClientName.Of(name), error.Message);
            }
            else
            {
                permanent.Add((name, error));
            }
        }

        if (permanent.Count > 0)
        {
            // All of them in one message, so that several mistakes do not take as many starts to find.
            throw new CiamTokenException(
                permanent[0].Error,
                string.Join(" ", permanent.Select(client
                    => $"The CIAM client {ClientName.Quote(client.Name)} got no token, and its StartupMode is Required. "
                        + client.Error.Message)));
        }
    }
}
