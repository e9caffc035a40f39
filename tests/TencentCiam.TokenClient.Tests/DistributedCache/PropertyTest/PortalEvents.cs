using TencentCiam.TokenClient.Tests.Caching.PropertyTest;
using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Invariant;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>Observes the token requests, responds to those that are due, and tells the models.</summary>
internal sealed class PortalEvents(Portal portal, AcquisitionChecks acquisitions, Func<Request, Instance> sender, int lifetimeSeconds)
{
    private readonly Dictionary<Request, (SentRequest Sent, PortalMode Mode)> _requests = [];

    public PortalMode Mode { get; set; }

    /// <summary>When the portal responds; null for never.</summary>
    public TimeSpan? DueAt(Request request) => _requests[request].Mode switch
    {
        PortalMode.Slow => request.SentAt.Monotonic + TimeSpan.FromMilliseconds(100),
        PortalMode.VerySlow => request.SentAt.Monotonic + TimeSpan.FromSeconds(2),
        PortalMode.Hangs => null,
        _ => request.SentAt.Monotonic,
    };

    public void Observe(TimeSpan now)
    {
        while (portal.Events.TryDequeue(out var @event))
        {
            var (request, isStart, result) = @event;
            var instance = sender(request);
            if (isStart)
            {
                var started = new SentRequest(request);
                _requests.Add(request, (started, Mode));
                acquisitions.CheckRequest(instance, started, now);
                continue;
            }

            var sent = _requests[request].Sent;
            sent.End(result, now);
            acquisitions.EndRequest(sent, now);
            if (result is not null && result.TryGetToken(out var token, out _))
            {
                instance.Granted = new Grant(token, new Request(request.Options, request.Scope, instance.Clock.At(request.SentAt)));
            }
        }

        var open = portal.Open;
        Require(open.DistinctBy(sender).Count() == open.Count, "an instance never has two requests at the portal");
    }

    public void Respond(Request request)
        => portal.Respond(request, _requests[request].Mode switch
        {
            PortalMode.Unavailable => new Response("transient", 0),
            PortalMode.RejectsClient => new Response("permanent", 0),
            _ => new Response("token", lifetimeSeconds),
        });
}
