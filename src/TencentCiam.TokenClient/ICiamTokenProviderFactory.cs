namespace TencentCiam.TokenClient;

/// <summary>Returns the token providers of clients whose names are known only at run time. A singleton.</summary>
public interface ICiamTokenProviderFactory
{
    /// <summary>Gets a client's provider: of a registered client, or else of one from the <see cref="ICiamClientStore"/>.</summary>
    /// <param name="name">The client's name; empty for the unnamed client.</param>
    /// <returns>
    /// The provider. It can be kept. Whether the store has such a client shows when a token is requested.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    /// <exception cref="InvalidOperationException">No client of this name is registered, and there is no store.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">
    /// The options of the registered client are invalid.
    /// </exception>
    ICiamTokenProvider GetProvider(string name);
}
