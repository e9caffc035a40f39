namespace TencentCiam.TokenClient.Benchmarks.Simulation;

/// <summary>The two entries of the shared cache. A token is known by the moment when its request was sent.</summary>
/// <param name="tokenLifetime">How long a token lives after its request was sent.</param>
/// <param name="claimLifetime">How long a claim lives after it was written.</param>
internal sealed class SimulatedCache(long tokenLifetime, long claimLifetime)
{
    private long? _tokenSentAt;
    private int? _claimedBy;
    private long _claimedAt;

    public long? ReadToken(long now) => _tokenSentAt is { } sentAt && now < sentAt + tokenLifetime ? sentAt : null;

    public void WriteToken(long sentAt) => _tokenSentAt = sentAt;

    /// <summary>The instance whose claim it is; null without a claim.</summary>
    public int? ReadClaim(long now) => now < _claimedAt + claimLifetime ? _claimedBy : null;

    public void WriteClaim(int instance, long now) => (_claimedBy, _claimedAt) = (instance, now);

    /// <summary>Removes the claim, whoever has written it: the cache cannot compare.</summary>
    public void RemoveClaim() => _claimedBy = null;
}
