using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>
/// One call an hour with 299 s tokens, on a fake clock, for the peers that use a TimeProvider. A call has waited if a token was
/// requested during it. This library is measured with and without KeepWarm.
/// </summary>
internal static class IdleHours
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(299);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(2);

    public static async Task<IReadOnlyList<Figure>> RunAsync(Effort effort)
    {
        var (hours, length) = effort == Effort.Full ? (8, TimeSpan.FromHours(1)) : (1, TimeSpan.FromMinutes(10));
        var figures = await Task.WhenAll(PeerCatalogue.All.Where(setup => setup.AttachesTokens).Select(async setup =>
            setup.UsesTimeProvider
                ? await MeasureAsync(setup.ToString(), setup.Create, "", hours, length)
                : [new(setup.ToString(), "calls that waited", null, Note: "no TimeProvider support")]));
        var keptWarm = await MeasureAsync(
            PeerCatalogue.Ours.ToString(), environment => OursPeer.KeptWarm(environment), ", KeepWarm", hours, length);
        return [.. figures.SelectMany(figure => figure), .. keptWarm];
    }

    private static async Task<Figure[]> MeasureAsync(
        string peer,
        Func<InMemoryEnvironment, Peer> create,
        string variant,
        int hours,
        TimeSpan length)
    {
        var clock = new FakeTimeProvider();
        var environment = new InMemoryEnvironment(Lifetime, checksTokens: true, clock);
        using var created = create(environment);
        await created.CallAsync();
        var (waited, most) = (0, 0);
        for (var hour = 0; hour < hours; hour++)
        {
            var before = environment.Endpoint.Requests;
            for (var idle = TimeSpan.Zero; idle < length; idle += Step)
            {
                clock.Advance(Step);

                // A background refresh runs in real time, not on the fake clock: its timeouts must not pass before it starts.
                await Task.Delay(1);
            }

            var idleRequests = environment.Endpoint.Requests;
            await created.CallAsync();
            waited += environment.Endpoint.Requests > idleRequests ? 1 : 0;
            most = Math.Max(most, environment.Endpoint.Requests - before);
        }

        return
        [
            new(peer, "calls that waited" + variant, waited),
            new(peer, "most token requests in one hour" + variant, most),
        ];
    }
}
