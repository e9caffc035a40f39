using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Tests.Caching.PropertyTest;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>What happened in one acquisition.</summary>
internal sealed class AcquisitionRecord(TokenAcquisition acquisition, TimeSpan startedAt, int maxAttempts, string secret)
{
    public TokenAcquisition Acquisition => acquisition;

    public TimeSpan StartedAt => startedAt;

    public int MaxAttempts => maxAttempts;

    /// <summary>The secrets that the instance has had since it started.</summary>
    public List<string> Secrets { get; } = [secret];

    public List<SentRequest> Requests { get; } = [];

    /// <summary>The token that it has just read in the cache, if it has to adopt that.</summary>
    public Grant? Adoptable { get; set; }

    /// <summary>When a call of the cache failed last.</summary>
    public TimeSpan? CacheFailedAt { get; set; }

    /// <summary>Whether its end was checked.</summary>
    public bool IsChecked { get; set; }

    public bool IsRunning => !acquisition.Completion.IsCompleted;

    public bool HasEnded => acquisition.Ended.IsCompleted;
}

/// <summary>A request and how it ended; null if it was cancelled.</summary>
internal sealed class SentRequest(Request request)
{
    public Request Request => request;

    public TimeSpan? EndedAt { get; private set; }

    public CiamTokenResult? Result { get; private set; }

    public void End(CiamTokenResult? result, TimeSpan now) => (Result, EndedAt) = (result, now);

    /// <summary>How much of this time it took.</summary>
    public TimeSpan Within(TimeSpan from, TimeSpan to)
    {
        var start = request.SentAt.Monotonic > from ? request.SentAt.Monotonic : from;
        var end = EndedAt < to ? EndedAt.Value : to;
        return end > start ? end - start : TimeSpan.Zero;
    }
}
