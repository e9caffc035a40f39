using TencentCiam.TokenClient.Tests.Caching.PropertyTest;
using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Invariant;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>
/// How many tokens the instances with the same credentials get from the portal. A generation lasts from one token to the next:
/// all requests sent in it together lead to one token. If something in it excuses more, it is one for each instance: a cache that
/// fails, is slow, loses or changes entries, or is left alone; a claim that stays, or that is withdrawn because its instance
/// stops; clocks that differ; a request that fails or takes more than half a second; a token at hand that may no longer be attached.
/// </summary>
internal sealed class RequestBound(int instances, bool clocksAgree, Action<string> met)
{
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(0.5);

    private readonly Dictionary<(string ClientId, string Secret), Generation> _current = [];
    private readonly Dictionary<Request, Generation> _generations = [];

    /// <summary>Something has happened that excuses more requests in the current generations.</summary>
    public void Disturb()
    {
        foreach (var generation in _current.Values)
        {
            generation.IsDisturbed = true;
        }
    }

    public void Start(SentRequest sent, TimeSpan acquisitionStartedAt, bool isExcused)
    {
        var options = sent.Request.Options;
        var now = sent.Request.SentAt.Monotonic;
        if (!_current.TryGetValue((options.ClientId, options.ClientSecret), out var generation))
        {
            _current[(options.ClientId, options.ClientSecret)] = generation = new Generation { IsDisturbed = !clocksAgree };
        }

        // Where both happen at the same moment, the instance has looked for a token before the latest one arrived.
        while (generation.Previous is { } previous && generation.StartedAt == now && acquisitionStartedAt < now)
        {
            generation = previous;
        }

        generation.IsDisturbed |= isExcused;
        generation.Requests.Add(sent);
        _generations.Add(sent.Request, generation);
    }

    public void End(SentRequest sent, bool isDisturbed, TimeSpan now)
    {
        var generation = _generations[sent.Request];
        if (sent.Result is not CiamTokenResult.Success)
        {
            generation.IsDisturbed = true;
            return;
        }

        var isCalm = !generation.IsDisturbed
            && generation.Requests.TrueForAll(request => (request.EndedAt ?? now) - request.Request.SentAt.Monotonic <= MaxDuration);
        met(isCalm ? "one token for all instances" : "a token of a disturbed generation");
        Require(
            ++generation.Tokens <= (isCalm ? 1 : instances),
            isCalm ? "one token per generation while nothing fails" : "one token per generation for each instance");
        _current[(sent.Request.Options.ClientId, sent.Request.Options.ClientSecret)] =
            new Generation { IsDisturbed = !clocksAgree || isDisturbed, StartedAt = now, Previous = generation };
    }

    private sealed class Generation
    {
        public Generation? Previous { get; init; }

        public TimeSpan StartedAt { get; init; }

        public bool IsDisturbed { get; set; }

        public List<SentRequest> Requests { get; } = [];

        public int Tokens { get; set; }
    }
}
