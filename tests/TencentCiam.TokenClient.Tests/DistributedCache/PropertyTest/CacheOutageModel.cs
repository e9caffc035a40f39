using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Invariant;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>After two failures in a row, an instance leaves the cache alone for 5 s, doubling to 60 s.</summary>
internal sealed class CacheOutageModel(Action<string> met)
{
    private int _failures;
    private TimeSpan _since;
    private TimeSpan _pause;

    public bool IsLeftAlone(TimeSpan now) => _failures >= 2 && now - _since < _pause;

    // At the moment of the second failure, another acquisition of the instance may have called the cache already.
    public void Call(TimeSpan now) => Require(!IsLeftAlone(now) || now == _since, "the cache is left alone after two failures in a row");

    public void Succeed() => _failures = 0;

    public void Fail(TimeSpan now)
    {
        if (!IsLeftAlone(now) && ++_failures >= 2)
        {
            met("cache left alone");
            _pause = TimeSpan.FromSeconds(Math.Min(5 << Math.Min(_failures - 2, 4), 60));
            _since = now;
        }
    }
}
