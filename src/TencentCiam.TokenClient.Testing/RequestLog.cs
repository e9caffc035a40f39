using System.Net;

namespace TencentCiam.TokenClient.Testing;

// The latest requests. Not thread-safe: the emulator has the lock.
internal sealed class RequestLog
{
    private readonly Queue<Entry> _entries = new();

    public int MaxCount
    {
        get;
        set
        {
            field = value;
            Trim();
        }
    } = 1000;

    public Entry Add(CiamPortalRequest request)
    {
        var entry = new Entry { Request = request };
        _entries.Enqueue(entry);
        Trim();
        return entry;
    }

    public CiamPortalRequest[] ToArray() => [.. _entries.Select(entry => entry.Request)];

    public void Clear() => _entries.Clear();

    private void Trim()
    {
        while (_entries.Count > MaxCount)
        {
            _entries.Dequeue();
        }
    }

    // Completed later, when it may no longer be among the latest.
    public sealed class Entry
    {
        public required CiamPortalRequest Request { get; set; }

        public void Complete(HttpStatusCode statusCode) => Request = Request with { StatusCode = statusCode };
    }
}
