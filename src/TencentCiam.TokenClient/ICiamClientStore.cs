namespace TencentCiam.TokenClient;

/// <summary>
/// The application's own store of CIAM clients that are known only at run time, such as the tenants in a database or a vault.
/// Registered with <c>services.AddCiamClientStore&lt;TStore&gt;()</c>.
/// </summary>
/// <remarks>
/// <para>The store is asked for each name that was not registered: before every token request, in a dependency injection scope
/// of its own, and never twice at once for the same name. So the next token request uses a changed secret, and a client that is
/// in use costs one lookup per token lifetime.</para>
/// <para>The options are validated like those of a registered client. When the store has no such client, throws, or returns
/// invalid options, <see cref="CiamTokenError.ClientNotConfigured"/> says so; a token that has not expired remains in
/// use.</para>
/// </remarks>
public interface ICiamClientStore
{
    /// <summary>Finds a client.</summary>
    /// <param name="name">
    /// The client's name: the one that the request or the handler chose, or that
    /// <see cref="ICiamTokenProviderFactory.GetProvider"/> was given. It may come from outside the program.
    /// </param>
    /// <param name="cancellationToken">
    /// Cancelled when <see cref="CiamClientCredentialsOptions.AcquisitionTimeout"/> has passed, which is 30 seconds until the
    /// client was found for the first time.
    /// </param>
    /// <returns>The client's options; null if there is no such client. The library copies them.</returns>
    ValueTask<CiamClientCredentialsOptions?> FindAsync(string name, CancellationToken cancellationToken);
}
