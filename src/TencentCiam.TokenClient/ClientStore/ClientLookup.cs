using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.ClientStore;

/// <summary>Asks the user's store for a client, and validates what it returns.</summary>
internal sealed class ClientLookup(
    IServiceScopeFactory scopes,
    IEnumerable<IValidateOptions<CiamClientCredentialsOptions>> validators,
    IOptions<ClientStoreSettings> settings)
{
    /// <summary>Returns the client's options or the error. Throws nothing, and ends when it is cancelled.</summary>
    public async Task<(CiamClientCredentialsOptions? Options, CiamTokenError? Error)> FindAsync(
        string name,
        CancellationToken cancellationToken)
    {
        try
        {
            // The store may block its thread, or ignore the cancellation: the caller's wait ends all the same.
            return await Task.Run(() => AskAsync(name, cancellationToken), cancellationToken)
                .WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            return (null, ClientStoreErrors.TimedOut(ClientName.Quote(name), e));
        }
    }

    private async Task<(CiamClientCredentialsOptions? Options, CiamTokenError? Error)> AskAsync(
        string name,
        CancellationToken cancellationToken)
    {
        try
        {
            var scope = scopes.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                var store = scope.ServiceProvider.GetRequiredService<ICiamClientStore>();
                return await store.FindAsync(name, cancellationToken).ConfigureAwait(false) is { } found
                    ? Validate(name, found.Copy())
                    : (null, ClientStoreErrors.NotFound(ClientName.Quote(name)));
            }
        }
#pragma warning disable CA1031 // The user's store may throw anything.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return (null, e is OperationCanceledException && cancellationToken.IsCancellationRequested
                ? ClientStoreErrors.TimedOut(ClientName.Quote(name), e)
                : ClientStoreErrors.Failed(ClientName.Quote(name), e));
        }
    }

    private (CiamClientCredentialsOptions? Options, CiamTokenError? Error) Validate(
        string name,
        CiamClientCredentialsOptions options)
    {
        var faults = validators.SelectMany(validator => validator.Validate(name, options).Failures ?? []).ToList();
        if (faults.Count > 0)
        {
            return (null, ClientStoreErrors.Invalid(string.Join(" ", faults)));
        }

        options.PausesBetweenAttempts = settings.Value.PausesBetweenAttempts;
        return (options, null);
    }
}
