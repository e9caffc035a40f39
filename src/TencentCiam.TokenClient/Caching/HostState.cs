namespace TencentCiam.TokenClient.Caching;

/// <summary>Whether the host of all clients has stopped. Without a host, it never does.</summary>
internal sealed class HostState
{
    private volatile bool _hasStopped;

    public bool HasStopped => _hasStopped;

    public void Stop() => _hasStopped = true;
}
