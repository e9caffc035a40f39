using System.Buffers;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace TencentCiam.TokenClient.Testing;

/// <summary>
/// An application of a <see cref="CiamPortalEmulator"/>. Its settings can be changed at any time; a change applies from the
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

    /// <summary>The client secret. Setting it has the same effect as changing the secret in the console.</summary>
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
    /// The scopes that the application may request, and is granted when it requests none. Default: none. Stored sorted and
    /// without duplicates.
    /// </summary>
    /// <exception cref="ArgumentException">A value is not a valid scope token (RFC 6749 section 3.3).</exception>
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
                    throw new ArgumentException(
                        $"\"{scope}\" is not a valid scope token (RFC 6749 section 3.3). Each element must be a single scope.",
                        nameof(value));
                }
            }

            field = Array.AsReadOnly(scopes);
        }
    } = [];

    /// <summary>
    /// The lifetime of the application's access tokens: a whole number of seconds, from 1 to <see cref="int.MaxValue"/>.
    /// Default: 600 seconds.
    /// </summary>
    /// <remarks>
    /// The portal returns one second less in <c>expires_in</c>, because it truncates. The token's <c>exp</c> claim reflects
    /// the full lifetime.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a whole number of seconds, or out of range.</exception>
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
                    $"The lifetime must be a whole number of seconds, from 1 to {int.MaxValue}.");
            }

            field = value;
        }
    } = TimeSpan.FromSeconds(600);

    /// <summary>Whether the application is switched on in the console. Default: true.</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>Whether the application may use the client credentials grant. Default: true.</summary>
    public bool AllowsClientCredentials { get; set; } = true;

    /// <summary>Returns the Client ID, never the secret.</summary>
    /// <returns>The Client ID.</returns>
    public override string ToString() => ClientId;

    // 43 characters: 32 hexadecimal digits in base64. See docs/portal-behaviour.md.
    internal static string CreateClientId()
        => Convert.ToBase64String(Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N"))).TrimEnd('=');

    // 32 characters of standard base64. About one in seven contains both "/" and "+". See docs/portal-behaviour.md.
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
