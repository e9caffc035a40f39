using TencentCiam.TokenClient.Tests.Caching.PropertyTest;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>The entries of the cache that all instances share, and what happens to its calls.</summary>
internal sealed class SharedCache
{
    /// <summary>Longer than any pause in the background, so that the timers of the two can be told apart.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(1200);

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public CacheMode Mode { get; set; }

    /// <summary>The entry, unless it has expired.</summary>
    public Entry? Find(string key, TimeSpan now)
        => _entries.GetValueOrDefault(key) is { } entry && now < entry.ExpiresAt ? entry : null;

    public bool HasClaim(TimeSpan now)
        => _entries.Any(entry => entry.Key.EndsWith(":claim", StringComparison.Ordinal) && now < entry.Value.ExpiresAt);

    public void Set(string key, Entry entry) => _entries[key] = entry;

    public void Lose() => _entries.Clear();

    public void Change(int index)
    {
        foreach (var (key, entry) in _entries.ToList())
        {
            var changed = entry.Value.ToArray();

            // Not flipped: a second change of the same byte must not restore it.
            changed[index % changed.Length]++;
            _entries[key] = entry with { Value = changed, Grant = null };
        }
    }

    /// <summary>What a call does when it takes effect.</summary>
    public Entry? Apply(CacheCall call, TimeSpan now)
    {
        switch (call.Kind)
        {
            case CacheCallKind.Set:
                _entries[call.Key] = new Entry(call.Value!, now, now + call.Lifetime, call.Grant);
                return null;
            case CacheCallKind.Remove:
                _entries.Remove(call.Key);
                return null;
            default:
                return Find(call.Key, now);
        }
    }

    /// <summary>An entry, and the token in it unless it was changed or is a claim.</summary>
    internal sealed record Entry(byte[] Value, TimeSpan StoredAt, TimeSpan ExpiresAt, Grant? Grant);
}
