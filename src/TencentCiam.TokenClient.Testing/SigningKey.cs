using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace TencentCiam.TokenClient.Testing;

// The portal's only key. It signs the tokens; the key set publishes its public half.
internal sealed class SigningKey(RSA? rsa) : IDisposable
{
    private readonly string _keyId = Guid.NewGuid().ToString();
    private readonly Lazy<RSA> _rsa = new(() => rsa ?? RSA.Create(2048));
    private readonly bool _isOwned = rsa is null;

    public string Sign(string payload)
    {
        var header = PortalJson.Write(json =>
        {
            json.WriteString("kid", _keyId);
            json.WriteString("typ", "JWT");
            json.WriteString("alg", "RS256");
        });
        var signed = Base64UrlEncoder.Encode(header) + "." + Base64UrlEncoder.Encode(payload);
        byte[] signature;

        // RSA is not guaranteed to be thread-safe, and emulators may share a key, so the key itself is the lock.
        lock (_rsa.Value)
        {
            signature = _rsa.Value.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }

        return signed + "." + Base64UrlEncoder.Encode(signature);
    }

    // No "use" and no "alg": see docs/portal-behaviour.md.
    public void WriteKeySet(Utf8JsonWriter json)
    {
        RSAParameters parameters;
        lock (_rsa.Value)
        {
            parameters = _rsa.Value.ExportParameters(includePrivateParameters: false);
        }

        json.WriteStartArray("keys");
        json.WriteStartObject();
        json.WriteString("kty", "RSA");
        json.WriteString("e", Base64UrlEncoder.Encode(parameters.Exponent));
        json.WriteString("kid", _keyId);
        json.WriteString("n", Base64UrlEncoder.Encode(parameters.Modulus));
        json.WriteEndObject();
        json.WriteEndArray();
    }

    public void Dispose()
    {
        if (_isOwned && _rsa.IsValueCreated)
        {
            _rsa.Value.Dispose();
        }
    }
}
