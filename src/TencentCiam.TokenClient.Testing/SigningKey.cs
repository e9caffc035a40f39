using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace TencentCiam.TokenClient.Testing;

// A key of the portal. It signs tokens; the key set publishes its public half.
internal sealed class SigningKey : IDisposable
{
    // RSA is not guaranteed to be thread-safe, so each signature takes a copy of the key that no other thread uses.
    private readonly ConcurrentBag<RSA> _copies = [];

    // A private key that cannot be exported, and so cannot be copied. Null: it can.
    private readonly RSA? _locked;
    private readonly RSAParameters _parameters;

    // RFC 7638, in the portal's format of a UUID: the same key has the same ID in every portal and after every start.
    private readonly string _keyId;

    public SigningKey(RSA? rsa)
    {
        using var created = rsa is null ? RSA.Create(2048) : null;
        try
        {
            _parameters = (rsa ?? created!).ExportParameters(includePrivateParameters: true);
        }
        catch (CryptographicException) when (rsa is not null)
        {
            _locked = rsa;
            _parameters = rsa.ExportParameters(includePrivateParameters: false);
        }

        _keyId = new Guid(SHA256.HashData(Encoding.ASCII.GetBytes(
            $$"""{"e":"{{Base64UrlEncoder.Encode(_parameters.Exponent)}}","kty":"RSA","n":"{{Base64UrlEncoder.Encode(_parameters.Modulus)}}"}"""))
            .AsSpan(0, 16)).ToString();
    }

    public string Sign(string payload)
    {
        var header = PortalJson.Write(json =>
        {
            json.WriteString("kid", _keyId);
            json.WriteString("typ", "JWT");
            json.WriteString("alg", "RS256");
        });
        var signed = Base64UrlEncoder.Encode(header) + "." + Base64UrlEncoder.Encode(payload);
        return signed + "." + Base64UrlEncoder.Encode(Sign(Encoding.ASCII.GetBytes(signed)));
    }

    // No "use" and no "alg": see docs/portal-behaviour.md.
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("kty", "RSA");
        json.WriteString("e", Base64UrlEncoder.Encode(_parameters.Exponent));
        json.WriteString("kid", _keyId);
        json.WriteString("n", Base64UrlEncoder.Encode(_parameters.Modulus));
        json.WriteEndObject();
    }

    public void Dispose()
    {
        while (_copies.TryTake(out var copy))
        {
            copy.Dispose();
        }
    }

    private byte[] Sign(byte[] data)
    {
        if (_locked is not null)
        {
            // Emulators may share a key, so the key itself is the lock.
            lock (_locked)
            {
                return _locked.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            }
        }

        if (!_copies.TryTake(out var copy))
        {
            copy = RSA.Create(_parameters);
        }

        var signature = copy.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        _copies.Add(copy);
        return signature;
    }
}
