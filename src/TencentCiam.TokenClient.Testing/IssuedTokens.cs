using System.Security.Cryptography;
using System.Text;

namespace TencentCiam.TokenClient.Testing;

// The active tokens, as hashes, and their owners. Expired tokens are removed, so that the memory of a long-running emulator is
// bounded.
internal sealed class IssuedTokens(TimeProvider timeProvider)
{
    private readonly object _gate = new();
    private readonly Dictionary<Guid, string> _owners = [];
    private readonly PriorityQueue<Guid, DateTimeOffset> _byExpiry = new();

    public void Add(string token, string clientId, DateTimeOffset expiresAt)
    {
        var hash = Hash(token);
        var now = timeProvider.GetUtcNow();
        lock (_gate)
        {
            RemoveExpired(now);
            _owners.Add(hash, clientId);
            _byExpiry.Enqueue(hash, expiresAt);
        }
    }

    // The Client ID of the application that the token was issued to; null if the token is not active.
    public string? FindOwner(string token)
    {
        var hash = Hash(token);
        var now = timeProvider.GetUtcNow();
        lock (_gate)
        {
            RemoveExpired(now);
            return _owners.GetValueOrDefault(hash);
        }
    }

    public void Remove(string token)
    {
        var hash = Hash(token);
        lock (_gate)
        {
            _owners.Remove(hash);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _owners.Clear();
            _byExpiry.Clear();
        }
    }

    private void RemoveExpired(DateTimeOffset now)
    {
        while (_byExpiry.TryPeek(out var hash, out var expiresAt) && expiresAt <= now)
        {
            _byExpiry.Dequeue();
            _owners.Remove(hash);
        }
    }

    // Half of a SHA-256 hash is as unique as the token itself, and a fiftieth of its size.
    private static Guid Hash(string token) => new(SHA256.HashData(Encoding.UTF8.GetBytes(token)).AsSpan(0, 16));
}
