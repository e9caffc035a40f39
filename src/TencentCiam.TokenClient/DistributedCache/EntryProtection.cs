using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace TencentCiam.TokenClient.DistributedCache;

/// <summary>
/// The key names and the encryption of one application's token for one scope. Both depend on the client secret, which the
/// instances share and the cache never sees: who can read the cache learns nothing, and who can write to it can at worst make an
/// instance request a token. Applications, tenants and secrets never meet, so a rotation of the secret replaces no entry that
/// instances with the other secret still use.
/// </summary>
internal sealed class EntryProtection
{
    // Part of the key names: instances with another format, during a rolling update, use entries of their own.
    private const byte Version = 1;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int KeySize = 32;

    private readonly byte[] _key;
    private readonly byte[] _associatedData;

    public EntryProtection(CiamClientCredentialsOptions options, string scope, string keyPrefix)
    {
        var secret = Encoding.UTF8.GetBytes(options.ClientSecret);
        _key = Derive(secret, "encryption");

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([Version]);
        foreach (var part in (string[])[options.TokenEndpoint.AbsoluteUri, options.ClientId, scope])
        {
            Append(hash, Encoding.UTF8.GetBytes(part));
        }

        Append(hash, Derive(secret, "check value"));
        TokenKey = keyPrefix + Convert.ToHexString(hash.GetHashAndReset());
        _associatedData = [Version, .. Encoding.UTF8.GetBytes(TokenKey)];
    }

    /// <summary>The key of the token's entry in the cache.</summary>
    public string TokenKey { get; }

    /// <summary>The key under which an instance claims to request the token.</summary>
    public string ClaimKey => TokenKey + ":claim";

    public byte[] Encrypt(SharedToken token)
    {
        var plaintext = token.ToBytes();
        var entry = new byte[NonceSize + TagSize + plaintext.Length];
        RandomNumberGenerator.Fill(entry.AsSpan(0, NonceSize));
        using var aes = new AesGcm(_key, TagSize);
        aes.Encrypt(
            entry.AsSpan(0, NonceSize),
            plaintext,
            entry.AsSpan(NonceSize + TagSize),
            entry.AsSpan(NonceSize, TagSize),
            _associatedData);
        return entry;
    }

    /// <summary>Null if the entry was not written with the same secret under the same key, or was changed.</summary>
    public SharedToken? Decrypt(byte[] entry)
    {
        if (entry.Length < NonceSize + TagSize)
        {
            return null;
        }

        var plaintext = new byte[entry.Length - NonceSize - TagSize];
        try
        {
            using var aes = new AesGcm(_key, TagSize);
            aes.Decrypt(
                entry.AsSpan(0, NonceSize),
                entry.AsSpan(NonceSize + TagSize),
                entry.AsSpan(NonceSize, TagSize),
                plaintext,
                _associatedData);
            return SharedToken.FromBytes(plaintext);
        }
        catch (Exception e) when (e is CryptographicException or IOException or ArgumentException or FormatException)
        {
            return null;
        }
    }

    private static byte[] Derive(byte[] secret, string purpose)
        => HKDF.DeriveKey(
            HashAlgorithmName.SHA256, secret, KeySize, info: Encoding.UTF8.GetBytes($"TencentCiam.TokenClient {Version} {purpose}"));

    // With its length, so that no two lists of parts give the same bytes.
    private static void Append(IncrementalHash hash, byte[] part)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }
}
