using TencentCiam.TokenClient.DistributedCache;
using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Invariant;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>Observes the calls of the cache, ends those that are due, and tells the models.</summary>
internal sealed class CacheEvents(SharedCache cache, AcquisitionChecks acquisitions, Action<string> met)
{
    public void Observe(Instance instance, TimeSpan now)
    {
        var calls = instance.Cache.Open;
        foreach (var call in calls.Where(call => !call.IsCountedAsFailed && call.IsGivenUp(now)))
        {
            Fail(instance, call, now);
        }

        foreach (var call in calls.Where(call => !call.IsObserved))
        {
            call.IsObserved = true;
            instance.Outage.Call(now);
            if (call.Mode != CacheMode.Up)
            {
                // A claim may not have been withdrawn.
                acquisitions.Disturb((call.DueAt ?? now) + SharedCache.Timeout + instance.CurrentOptions.RequestTimeout);
            }

            if (call is { Kind: CacheCallKind.Set, IsForClaim: false })
            {
                CheckShared(instance, call);
            }
        }
    }

    public void End(Instance instance, CacheCall call, TimeSpan now)
    {
        if (call.IsGivenUp(now))
        {
            met("took effect late");
            instance.Cache.End(call, cache.Apply(call, now)?.Value, failure: null);
        }
        else if (call.Mode == CacheMode.Throws)
        {
            Fail(instance, call, now);
            instance.Cache.End(call, null, new InvalidOperationException("The cache is not available."));
        }
        else
        {
            var entry = cache.Apply(call, now);
            instance.Outage.Succeed();
            if (call is { Kind: CacheCallKind.Get, IsForClaim: false } && instance.Running is { } acquisition)
            {
                var adopts = instance.Model.Adopts(entry, acquisition.Acquisition.IsAwaited, instance.Clock.Now);
                acquisition.Adoptable = adopts ? entry!.Grant : null;
            }

            instance.Cache.End(call, entry?.Value, failure: null);
        }
    }

    private static void Fail(Instance instance, CacheCall call, TimeSpan now)
    {
        call.IsCountedAsFailed = true;
        instance.Outage.Fail(now);
        instance.Acquisitions.ForEach(acquisition => acquisition.CacheFailedAt = now);
    }

    private static void CheckShared(Instance instance, CacheCall call)
    {
        var grant = instance.Granted;
        Require(grant is not null, "an instance shares only a token that the portal gave it");
        var shared = Instance.Protection(grant!.Request.Options).Decrypt(call.Value!);
        Require(
            shared == new SharedToken(
                grant.Token.Value, new DateTimeOffset(grant.SentAt.Wall.Ticks, TimeSpan.Zero), grant.Token.Lifetime, null),
            "an entry says which token it is, and when it was requested by the clock of the instance");
        call.Grant = grant;
    }
}
