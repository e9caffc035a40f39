using System.Collections.Concurrent;
using CsCheck;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>Runs random plans, shortens one that fails, and reports which situations the runs met.</summary>
/// <param name="execute">Runs a plan, and calls its second argument with each situation that it meets.</param>
/// <param name="count">The number of a plan's steps.</param>
/// <param name="without">A plan without one of its steps.</param>
internal sealed class PlanSampling<TPlan>(
    Func<TPlan, Action<string>, Task> execute,
    Func<TPlan, int> count,
    Func<TPlan, int, TPlan> without)
    where TPlan : notnull
{
    /// <returns>How many different situations were met.</returns>
    public async Task<int> RunAsync(Gen<TPlan> plans, int sequences, Action<string> writeLine)
    {
        var met = new ConcurrentDictionary<string, int>();
        var steps = 0;

        await plans.SampleAsync(
            async plan =>
            {
                Interlocked.Add(ref steps, count(plan));
                try
                {
                    await execute(plan, what => met.AddOrUpdate(what, 1, (_, times) => times + 1));
                }
                catch (Exception e) when (e is not TimeoutException)
                {
                    var (shorter, failure) = await ShortenAsync(plan, e);
                    throw new InvalidOperationException($"{e.Message}; shortened: {failure.Message}\n{shorter}", e);
                }
            },
            writeLine,
            iter: Math.Max(Check.Iter, sequences),
            print: plan => plan.ToString()!);

        writeLine($"{steps} steps, in which these situations were met:");
        foreach (var (what, times) in met.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            writeLine($"{times,7} {what}");
        }

        return met.Count;
    }

    /// <summary>Removes the unnecessary steps that are left in the shortest plan that CsCheck finds.</summary>
    private async Task<(TPlan Plan, Exception Failure)> ShortenAsync(TPlan plan, Exception failure)
    {
        for (var i = count(plan) - 1; i >= 0; i--)
        {
            var shorter = without(plan, i);
            try
            {
                await execute(shorter, _ => { });
            }
#pragma warning disable CA1031 // Any exception is a failure.
            catch (Exception e)
#pragma warning restore CA1031
            {
                (plan, failure, i) = (shorter, e, count(shorter));
            }
        }

        return (plan, failure);
    }
}
