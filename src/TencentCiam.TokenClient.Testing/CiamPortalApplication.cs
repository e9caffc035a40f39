using System.Buffers;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace TencentCiam.TokenClient.Testing;

/// <summary>
/// An application of a <see cref="CiamPortalEmulator"/>. Its settings may be changed while requests run, and hold from the
/// next request on.
/// </summary>
[DebuggerDisplay("{ClientId,nq}")]
public sealed class CiamPortalApplication
{
    // RFC 6749 section 3.3: %x21 / %x23-5B / %x5D-7E.
    private static readonly SearchValues<char> ScopeCharacters = SearchValues.Create(
        "!#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    internal CiamPortalApplication(string clientId, string clientSecret)
    {
        ArgumentException.ThrowIfNullOrEmpty(clientId);
        ClientId = clientId;
        ClientSecret = clientSecret;
    }

    /// <summary>The Client ID.</summary>
    public string ClientId { get; }

    /// <summary>The secret. Another value takes effect at once, as when it is renewed in the console.</summary>
    /// <exception cref="ArgumentException">The value is empty.</exception>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string ClientSecret
    {
        get;
        set
        {
            ArgumentException.ThrowIfNullOrEmpty(value);
            field = value;
        }
    }

    /// <summary>
    /// The scopes that the application may ask for, and gets when it asks for none. Default: none. Kept sorted and without
    /// repetitions.
    /// </summary>
    /// <exception cref="ArgumentException">A value is no scope token (RFC 6749 section 3.3).</exception>
    public IReadOnlyCollection<string> Scopes
    {
        get;

        // Replaced as a whole: a request sees the old scopes or the new ones, never some of both.
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            var scopes = value.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
            foreach (var scope in scopes)
            {
                if (string.IsNullOrEmpty(scope) || scope.AsSpan().ContainsAnyExcept(ScopeCharacters))
                {
                    throw new ArgumentException($"\"{scope}\" is no scope token (RFC 6749 section 3.3).", nameof(value));
                }
            }

            field = Array.AsReadOnly(scopes);
        }
    } = [];

    /// <summary>
    /// How long its access tokens live. Default: 600 seconds. Whole seconds, at least 1 and at most
    /// <see cref="int.MaxValue"/>.
    /// </summary>
    /// <remarks>
    /// The portal says one second less in <c>expires_in</c>, because it truncates; the token's own <c>exp</c> holds the
    /// whole life.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a whole number of seconds within the range.</exception>
    public TimeSpan AccessTokenLifetime
    {
        get;
        set
        {
            if (value.Ticks % TimeSpan.TicksPerSecond != 0 || value.TotalSeconds is < 1 or > int.MaxValue)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(value),
                    value,
                    $"An access token lives a whole number of seconds, at least 1 and at most {int.MaxValue}.");
            }

            field = value;
        }
    } = TimeSpan.FromSeconds(600);

    /// <summary>Whether the application is switched on in the console. Default: true.</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>Whether the application may use the client credentials grant. Default: true.</summary>
    public bool AllowsClientCredentials { get; set; } = true;

    /// <summary>The Client ID; never the secret.</summary>
    /// <returns>The Client ID.</returns>
    public override string ToString() => ClientId;

    // [I] 43 characters, which are 32 hexadecimal digits in base64.
    internal static string CreateClientId()
        => Convert.ToBase64String(Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N"))).TrimEnd('=');

    // [I] 32 characters of standard base64. Those with both "/" and "+" are a seventh of all.
    internal static string CreateClientSecret()
    {
        string secret;
        do
        {
            secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(24));
        }
        while (!secret.Contains('/') || !secret.Contains('+'));

        return secret;
    }
}
