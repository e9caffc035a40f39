using System.Collections.Concurrent;
using CsCheck;
using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Run;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>
/// Callers, cancellations, time, the portal's answers and changes of the options, in any order that chance finds, against
/// <see cref="TokenSlotModel"/>. A failure prints the shortest sequence found and its seed. To run it again:
/// <c>CsCheck_Seed</c>; to look for a shorter one or for more: <c>CsCheck_Iter</c>.
/// </summary>
public sealed class TokenSlotPropertyTests(ITestOutputHelper output)
{
    private const int EnoughSequences = 5_000;

    // Fewer where the test is one of many that look for the same fault, as under mutation testing.
    private static readonly int Sequences =
        int.TryParse(Environment.GetEnvironmentVariable("CIAM_SEQUENCES"), out var fewer) ? fewer : EnoughSequences;

    private static readonly Gen<Reply> AnyReply = Replies(tokens: 8, failures: 3);

    // Every kind of step, so that each may follow each.
    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (27, Asks(null, null, Read, Write)),
        (3, Gen.OneOf(null, Write).Select(scope => (Step)new AskCancelled(scope))),
        (25, Answers(AnyReply)),
        (3, Gen.Select(Gen.Int[0, 1], Gen.Int[1, 4], (which, callers) => (Step)new AnswerAndAsk(which, callers))),
        (5, Gen.Select(
            Gen.Int[0, 1],
            AnyReply,
            Gen.Int[0, 3],
            (which, reply, caller) => (Step)new AnswerAndCancel(which, reply, caller))),
        (5, Gen.Int[0, 5].Select(caller => (Step)new Cancel(caller))),
        (8, Gen.Int[1, 2500].Select(ms => (Step)new Advance(ms / 1000.0))),
        (5, Gen.Int[1, 70].Select(seconds => (Step)new Advance(seconds))),
        (1, Gen.Int[70, 4000].Select(seconds => (Step)new Advance(seconds))),
        (12, Gen.Select(
            Gen.OneOf(Read, Write),
            Gen.OneOf(Phase.Window, Phase.Margin, Phase.Dead),
            (scope, phase) => (Step)new AdvanceTo(scope, phase))),
        (4, Gen.OneOf(-3600, -20, -1, 1, 20, 300, 3600).Select(seconds => (Step)new StepWallClock(seconds))),
        (5, Gen.Int[0, 3].Select(age => (Step)new Invalidate(age))),
        (5, Gen.OneOf("nothing", "secret", "scope", "client").Select(what => (Step)new Reload(what))));

    // A token that ends while the portal is down, which chance alone would hardly ever keep up for long enough.
    private static readonly Gen<Step> StepOfAnOutage = Gen.Frequency(
        (40, Asks(null, null, null, Write)),
        (40, Answers(Replies(tokens: 1, failures: 12))),
        (20, Gen.Int[100, 20_000].Select(ms => (Step)new Advance(ms / 1000.0))),
        (1, Gen.Const<Step>(new AdvanceTo(Read, Phase.Margin))),
        (1, Gen.OneOf("nothing", "secret").Select(what => (Step)new Reload(what))));

    private static readonly Gen<Plan> Plans = Gen.Select(
        Gen.OneOf(0, 0.25, 0.5, 0.9, 0.999, 0.999999999),
        Gen.OneOf(10, 45),
        Gen.OneOf(
            AnyStep.Array[1, 80],
            StepOfAnOutage.Array[1, 80].Select<Step[], Step[]>(steps =>
                [new Ask(null, 1), new Answer(0, new Reply("token", 600)), new AdvanceTo(Read, Phase.Window), .. steps])),
        (draw, requestTimeout, steps) => new Plan(draw, requestTimeout, steps));

    [Fact]
    public async Task Any_sequence_of_events_behaves_as_the_model_allows()
    {
        var met = new ConcurrentDictionary<string, int>();
        var steps = 0;

        await Plans.SampleAsync(
            async plan =>
            {
                Interlocked.Add(ref steps, plan.Steps.Length);
                try
                {
                    await Run.PlayAsync(plan, what => met.AddOrUpdate(what, 1, (_, times) => times + 1));
                }
                catch (Exception e) when (e is not TimeoutException)
                {
                    throw new InvalidOperationException($"{e.Message}; in short:\n{await ShortenAsync(plan)}", e);
                }
            },
            output.WriteLine,
            iter: Math.Max(Check.Iter, Sequences),
            print: plan => plan.ToString());

        output.WriteLine($"{steps} steps, in which callers and acquisitions met:");
        foreach (var (what, times) in met.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{times,7} {what}");
        }

        // Had it not met them all, it would have proved less than it says.
        Assert.True(Sequences < EnoughSequences || met.Count == 20, $"Only {met.Count} of 20 situations were met.");
    }

    /// <summary>What CsCheck finds to be short still has steps that change nothing.</summary>
    private static async Task<Plan> ShortenAsync(Plan plan)
    {
        for (var i = plan.Steps.Length - 1; i >= 0; i--)
        {
            var shorter = plan with { Steps = [.. plan.Steps[..i], .. plan.Steps[(i + 1)..]] };
            try
            {
                await Run.PlayAsync(shorter, _ => { });
            }
#pragma warning disable CA1031 // Whatever it is, it is a failure.
            catch (Exception)
#pragma warning restore CA1031
            {
                (plan, i) = (shorter, shorter.Steps.Length);
            }
        }

        return plan;
    }

    // A scope of null is the client's own, which is one of the two that are asked for by name.
    private static Gen<Step> Asks(params string?[] scopes)
        => Gen.Select(Gen.OneOf(scopes), Gen.Int[1, 4], (scope, callers) => (Step)new Ask(scope, callers));

    private static Gen<Step> Answers(Gen<Reply> replies)
        => Gen.Select(Gen.Int[0, 1], replies, (which, reply) => (Step)new Answer(which, reply));

    private static Gen<Reply> Replies(int tokens, int failures)
        => Gen.Frequency(
            (tokens, Gen.OneOf(299, 600, 10, 2, 1, 0).Select(life => new Reply("token", life))),
            (failures, Gen.Frequency(
                (3, Gen.Const(new Reply("transient", 0))),
                (2, Gen.OneOf(1, 3, 20, 31, 120, 5400).Select(retryAfter => new Reply("transient", retryAfter))),
                (2, Gen.Const(new Reply("permanent", 0))))));
}
