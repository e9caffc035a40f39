namespace TencentCiam.TokenClient.Testing;

// The active tokens and their owners. Expired tokens are removed, so that the memory of a long-running emulator is bounded.
internal sealed class IssuedTokens(TimeProvider timeProvider)
{
    private readonly object _gate = new();
    private readonly Dictionary<string, string> _owners = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, DateTimeOffset> _byExpiry = new();

    public void Add(string token, string clientId, DateTimeOffset expiresAt)
    {
        lock (_gate)
        {
            RemoveExpired();
            _owners.Add(token, clientId);
            _byExpiry.Enqueue(token, expiresAt);
        }
    }

    // The Client ID of the application that the token was issued to; null if the token is not active.
    public string? FindOwner(string token)
    {
        lock (_gate)
        {
            RemoveExpired();
            return _owners.GetValueOrDefault(token);
        }
    }

    public void Remove(string token)
    {
        lock (_gate)
        {
            _owners.Remove(token);
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

    private void RemoveExpired()
    {
        var now = timeProvider.GetUtcNow();
        while (_byExpiry.TryPeek(out var token, out var expiresAt) && expiresAt <= now)
        {
            _byExpiry.Dequeue();
            _owners.Remove(token);
        }
    }
}
