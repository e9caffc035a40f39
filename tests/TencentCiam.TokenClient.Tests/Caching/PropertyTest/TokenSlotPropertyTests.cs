using CsCheck;
using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Run;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>
/// Random sequences of callers, cancellations, time, responses of the portal and changes of the options, checked against
/// <see cref="TokenSlotModel"/>. A failure prints the shortest sequence found and its seed. Set <c>CsCheck_Seed</c> to run it
/// again, and <c>CsCheck_Iter</c> to run more sequences or to look for a shorter one.
/// </summary>
public sealed class TokenSlotPropertyTests(ITestOutputHelper output)
{
    private const int DefaultSequences = 5_000;

    // Fewer where this is one of many tests that look for the same bug, as in mutation testing.
    private static readonly int Sequences =
        int.TryParse(Environment.GetEnvironmentVariable("CIAM_SEQUENCES"), out var sequences) ? sequences : DefaultSequences;

    private static readonly Gen<Response> AnyResponse = Responses(tokens: 8, failures: 3);

    // All kinds of steps, so that any of them may follow any other.
    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (22, Acquires(null, null, Read, Write)),
        (5, Gen.Select(
            Gen.OneOf(null, null, Read, Write),
            Gen.Int[1, 3],
            (scope, callers) => (Step)new Step.AcquireSynchronously(scope, callers))),
        (3, Gen.OneOf(null, Write).Select(scope => (Step)new Step.AcquireCancelled(scope))),
        (25, Responds(AnyResponse)),
        (3, Gen.Select(Gen.Int[0, 1], Gen.Int[1, 4], (which, callers) => (Step)new Step.RespondAndAcquire(which, callers))),
        (5, Gen.Select(
            Gen.Int[0, 1],
            AnyResponse,
            Gen.Int[0, 3],
            (which, response, caller) => (Step)new Step.RespondAndCancel(which, response, caller))),
        (5, Gen.Int[0, 5].Select(caller => (Step)new Step.Cancel(caller))),
        (8, Gen.Int[1, 2500].Select(ms => (Step)new Step.Advance(ms / 1000.0))),
        (5, Gen.Int[1, 70].Select(seconds => (Step)new Step.Advance(seconds))),
        (1, Gen.Int[70, 4000].Select(seconds => (Step)new Step.Advance(seconds))),
        (12, Gen.Select(
            Gen.OneOf(Read, Write),
            Gen.OneOf(Phase.Window, Phase.Margin, Phase.Expired),
            (scope, phase) => (Step)new Step.AdvanceTo(scope, phase))),
        (4, Gen.OneOf(-3600, -20, -1, 1, 20, 300, 3600).Select(seconds => (Step)new Step.StepWallClock(seconds))),
        (5, Gen.Int[0, 3].Select(age => (Step)new Step.Invalidate(age))),
        (5, Gen.OneOf("nothing", "secret", "scope", "client").Select(what => (Step)new Step.ChangeOptions(what))));

    // A token that expires during an outage: the steps above hardly ever produce one that is long enough.
    private static readonly Gen<Step> OutageStep = Gen.Frequency(
        (38, Acquires(null, null, null, Write)),
        (2, Gen.Int[0, 1].Select(age => (Step)new Step.Invalidate(age))),
        (40, Responds(Responses(tokens: 1, failures: 12))),
        (20, Gen.Int[100, 20_000].Select(ms => (Step)new Step.Advance(ms / 1000.0))),
        (1, Gen.Const<Step>(new Step.AdvanceTo(Read, Phase.Margin))),
        (1, Gen.OneOf("nothing", "secret").Select(what => (Step)new Step.ChangeOptions(what))));

    // A token that replaces a rejected one and is rejected as well: the steps above hardly ever produce two in a row.
    private static readonly Gen<Step> RejectionStep = Gen.Frequency(
        (30, Acquires(null, null, null, Write)),
        (30, Gen.Frequency((9, Gen.Const(0)), (1, Gen.Int[1, 2])).Select(age => (Step)new Step.Invalidate(age))),
        (30, Responds(Responses(tokens: 9, failures: 1))),
        (20, Gen.Int[100, 20_000].Select(ms => (Step)new Step.Advance(ms / 1000.0))),
        (1, Gen.OneOf(-20, 20).Select(seconds => (Step)new Step.StepWallClock(seconds))),
        (1, Gen.OneOf("nothing", "secret", "client").Select(what => (Step)new Step.ChangeOptions(what))));

    private static readonly Gen<Plan> Plans = Gen.Select(
        Gen.OneOf(0, 0.25, 0.5, 0.9, 0.999, 0.999999999),
        Gen.OneOf(10, 45),
        Gen.OneOf(
            AnyStep.Array[1, 80],
            OutageStep.Array[1, 80].Select<Step[], Step[]>(steps =>
                [new Step.Acquire(null, 1), new Step.Respond(0, new Response("token", 600)), new Step.AdvanceTo(Read, Phase.Window), .. steps]),
            RejectionStep.Array[1, 80]),
        (draw, requestTimeout, steps) => new Plan(draw, requestTimeout, steps));

    [Fact]
    public async Task Any_sequence_of_events_behaves_as_the_model_allows()
    {
        var met = await new PlanSampling<Plan>(
            Run.ExecuteAsync,
            plan => plan.Steps.Length,
            (plan, step) => plan with { Steps = [.. plan.Steps[..step], .. plan.Steps[(step + 1)..]] })
            .RunAsync(Plans, Sequences, output.WriteLine);

        // A run that did not meet every situation would prove less than it claims.
        Assert.True(Sequences < DefaultSequences || met == 22, $"Only {met} of 22 situations were met.");
    }

    // A scope of null is the client's own, which is one of the two that are requested by name.
    private static Gen<Step> Acquires(params string?[] scopes)
        => Gen.Select(Gen.OneOf(scopes), Gen.Int[1, 4], (scope, callers) => (Step)new Step.Acquire(scope, callers));

    private static Gen<Step> Responds(Gen<Response> responses)
        => Gen.Select(Gen.Int[0, 1], responses, (which, response) => (Step)new Step.Respond(which, response));

    private static Gen<Response> Responses(int tokens, int failures)
        => Gen.Frequency(
            (tokens, Gen.OneOf(299, 600, 10, 2, 1, 0).Select(lifetime => new Response("token", lifetime))),
            (failures, Gen.Frequency(
                (3, Gen.Const(new Response("transient", 0))),
                (2, Gen.OneOf(1, 3, 20, 31, 120, 5400).Select(retryAfter => new Response("transient", retryAfter))),
                (2, Gen.Const(new Response("permanent", 0))))));
}
