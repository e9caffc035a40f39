namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>A sequence of steps for instances that share a cache. The seed decides the order of what happens at the same time.</summary>
internal sealed record Plan(int Seed, int LifetimeSeconds, InstancePlan[] Instances, Step[] Steps)
{
    public override string ToString()
        => string.Join(
            "\n  ",
            Steps.Select(step => step.ToString()).Prepend(
                $"seed {Seed}, tokens of {LifetimeSeconds} s, {string.Join(", ", Instances.Select(instance => instance.ToString()))}"));
}

/// <summary>An instance: how far its clock is ahead, the random number that decides its jitter, and its application.</summary>
internal sealed record InstancePlan(int SkewSeconds, double Draw, string ClientId);
