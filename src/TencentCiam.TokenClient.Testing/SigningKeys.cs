using System.Security.Cryptography;
using System.Text.Json;

namespace TencentCiam.TokenClient.Testing;

// The portal's keys: one that signs, and those that it replaced, while tokens that they signed can be active.
internal sealed class SigningKeys(RSA? rsa, TimeProvider timeProvider) : IDisposable
{
    private readonly object _gate = new();
    private readonly List<(Lazy<SigningKey> Key, DateTimeOffset NeededUntil)> _replaced = [];

    // Created when it is first needed, because that takes a while and many tests need none.
    private Lazy<SigningKey> _current = new(() => new SigningKey(rsa));
    private DateTimeOffset _neededUntil = DateTimeOffset.MinValue;

    public string Sign(string payload, DateTimeOffset expiresAt)
    {
        Lazy<SigningKey> current;
        lock (_gate)
        {
            current = _current;
            _neededUntil = expiresAt > _neededUntil ? expiresAt : _neededUntil;
        }

        return current.Value.Sign(payload);
    }

    public void Rotate(RSA? next)
    {
        var key = new SigningKey(next);
        lock (_gate)
        {
            _replaced.Insert(0, (_current, _neededUntil));
            _current = new Lazy<SigningKey>(key);
            _neededUntil = DateTimeOffset.MinValue;
        }
    }

    public void WriteKeySet(Utf8JsonWriter json)
    {
        Lazy<SigningKey>[] keys;
        var now = timeProvider.GetUtcNow();
        lock (_gate)
        {
            _replaced.RemoveAll(key => key.NeededUntil <= now);
            keys = [_current, .. _replaced.Select(key => key.Key)];
        }

        json.WriteStartArray("keys");
        foreach (var key in keys)
        {
            key.Value.WriteTo(json);
        }

        json.WriteEndArray();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var key in _replaced.Select(key => key.Key).Append(_current).Where(key => key.IsValueCreated))
            {
                key.Value.Dispose();
            }
        }
    }
}
