using CsCheck;
using TencentCiam.TokenClient.Tests.Caching.PropertyTest;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>
/// Random sequences of callers of several instances that share a cache, time, and faults of the portal and the cache. A failure
/// prints the shortest sequence found and its seed. Set <c>CsCheck_Seed</c> to run it again, and <c>CsCheck_Iter</c> to run more
/// sequences or to look for a shorter one.
/// </summary>
public sealed class FleetPropertyTests(ITestOutputHelper output)
{
    private const int DefaultSequences = 150;

    // Fewer where this is one of many tests that look for the same bug, as in mutation testing.
    private static readonly int Sequences =
        int.TryParse(Environment.GetEnvironmentVariable("CIAM_SEQUENCES"), out var sequences) ? sequences : DefaultSequences;

    private static readonly Gen<int> Instance = Gen.Int[0, 3];

    private static readonly Gen<Step> Acquires = Gen.Select(
        Gen.Frequency((3, Gen.Int[1, 15]), (2, Gen.Const(15))),
        Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true))),
        (instances, synchronously) => (Step)new Step.Acquire(instances, synchronously));

    private static readonly Gen<Step> Advances = Gen.Frequency(
        (4, Gen.Int[1, 60]),
        (5, Gen.Int[60, 1_200]),
        (4, Gen.Int[1_200, 12_000]),
        (2, Gen.Int[12_000, 70_000]),
        (1, Gen.Const(3_600_000))).Select(ms => (Step)new Step.Advance(ms));

    private static readonly Gen<Step> AdvancesTo = Gen.Select(
        Instance,
        Gen.OneOf(Phase.Window, Phase.Window, Phase.Margin, Phase.Expired),
        (instance, phase) => (Step)new Step.AdvanceTo(instance, phase));

    private static readonly Gen<Step> Rejects = Instance.Select(instance => (Step)new Step.Reject(instance));

    // All kinds of steps, so that any of them may follow any other.
    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (30, Acquires),
        (25, Advances),
        (8, AdvancesTo),
        (8, Gen.Enum<PortalMode>().Select(mode => (Step)new Step.ChangePortal(mode))),
        (4, Gen.Const<Step>(new Step.ChangePortal(PortalMode.Up))),
        (6, Gen.Enum<CacheMode>().Select(mode => (Step)new Step.ChangeCache(mode))),
        (4, Gen.Const<Step>(new Step.ChangeCache(CacheMode.Up))),
        (2, Gen.Const<Step>(new Step.LoseEntries())),
        (2, Gen.Int[0, 200].Select(index => (Step)new Step.ChangeEntries(index))),
        (5, Rejects),
        (1, Gen.Const<Step>(new Step.Revoke())),
        (3, Instance.Select(instance => (Step)new Step.Restart(instance))),
        (2, Instance.Select(instance => (Step)new Step.LeaveClaim(instance))),
        (2, Instance.Select(instance => (Step)new Step.RotateSecret(instance))));

    // Nothing fails, so that the bound of requests is one per generation.
    private static readonly Gen<Step> CalmStep = Gen.Frequency(
        (30, Acquires),
        (20, Advances),
        (15, AdvancesTo),
        (5, Gen.OneOf(PortalMode.Up, PortalMode.Slow).Select(mode => (Step)new Step.ChangePortal(mode))),
        (6, Rejects),
        (1, Gen.Const<Step>(new Step.Revoke())),
        (2, Instance.Select(instance => (Step)new Step.Restart(instance))),
        (2, Instance.Select(instance => (Step)new Step.RotateSecret(instance))));

    // Requests of one instance fail while those of another succeed.
    private static readonly Gen<Step> OutageStep = Gen.Frequency(
        (30, Acquires),
        (25, Gen.Int[100, 11_000].Select(ms => (Step)new Step.Advance(ms))),
        (5, AdvancesTo),
        (25, Gen.OneOf(PortalMode.Up, PortalMode.Hangs, PortalMode.VerySlow, PortalMode.Unavailable, PortalMode.RejectsClient)
            .Select(mode => (Step)new Step.ChangePortal(mode))),
        (5, Rejects));

    private static readonly Gen<InstancePlan> AnyInstance = Gen.Select(
        Gen.OneOf(0, 0, 3, -3, 20, 60, -60),
        Gen.OneOf(0, 0.25, 0.5, 0.9, 0.999),
        Gen.Frequency((7, Gen.Const("client-1")), (1, Gen.Const("client-2"))),
        (skew, draw, clientId) => new InstancePlan(skew, draw, clientId));

    private static readonly Gen<InstancePlan[]> Instances = Gen.OneOf(
        AnyInstance.Array[2, 4],
        AnyInstance.Select(instance => instance with { SkewSeconds = 0 }).Array[2, 4]);

    private static readonly Gen<Plan> Plans = Gen.Select(
        Gen.Int[0, int.MaxValue],
        Gen.OneOf(20, 60, 299, 600),
        Instances,
        Gen.Frequency((4, AnyStep.Array[1, 40]), (2, CalmStep.Array[1, 40]), (2, OutageStep.Array[1, 40])),
        (seed, lifetime, instances, steps) => new Plan(seed, lifetime, instances, steps));

    [Fact]
    public async Task Instances_that_share_a_cache_behave_as_the_model_allows_whatever_happens()
    {
        var met = await new PlanSampling<Plan>(
            Run.ExecuteAsync,
            plan => plan.Steps.Length,
            (plan, step) => plan with { Steps = [.. plan.Steps[..step], .. plan.Steps[(step + 1)..]] })
            .RunAsync(Plans, Sequences, output.WriteLine);

        // A run that did not meet these situations would prove less than it claims. Some are rare.
        var expected = Sequences < DefaultSequences ? 0 : Sequences < 10 * DefaultSequences ? 12 : 16;
        Assert.True(met >= expected, $"Only {met} situations were met, not {expected}.");
    }
}
