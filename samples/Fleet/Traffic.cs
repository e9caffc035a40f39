using System.Collections.Immutable;

namespace Fleet;

/// <summary>What the portal and the orders API have received, by instance.</summary>
internal sealed class Traffic
{
    // Only reached by a defect: a failed step is better than a program that hangs.
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private readonly List<Wait> _waits = [];
    private Exception? _failure;
    private TrafficSnapshot _now = new(ImmutableDictionary<string, InstanceTraffic>.Empty);

    public TrafficSnapshot Now
    {
        get
        {
            lock (_gate)
            {
                return _now;
            }
        }
    }

    public void AddTokenRequest(string instance)
        => Update(instance, traffic => traffic with { TokenRequests = traffic.TokenRequests + 1 });

    /// <param name="instance">The instance that called.</param>
    /// <param name="tokenId">The id of the token that it used.</param>
    public void AddCall(string instance, string tokenId)
        => Update(instance, traffic => traffic with
        {
            Calls = traffic.Calls + 1,
            Tokens = traffic.TokenId == tokenId ? traffic.Tokens : traffic.Tokens + 1,
            TokenId = tokenId,
        });

    /// <summary>Ends all waits, also later ones: an instance has ended by itself, so their conditions may never be met.</summary>
    public void Fail(Exception exception)
    {
        lock (_gate)
        {
            _failure ??= exception;
            _waits.ForEach(wait => wait.Met.TrySetException(exception));
        }
    }

    /// <summary>Waits until a condition is met.</summary>
    /// <returns>The traffic at that moment.</returns>
    public async Task<TrafficSnapshot> WaitUntilAsync(Func<TrafficSnapshot, bool> condition, CancellationToken cancellationToken)
    {
        var wait = new Wait(condition, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw _failure;
            }

            if (condition(_now))
            {
                return _now;
            }

            _waits.Add(wait);
        }

        return await wait.Met.Task.WaitAsync(MaxWait, cancellationToken);
    }

    private void Update(string instance, Func<InstanceTraffic, InstanceTraffic> update)
    {
        lock (_gate)
        {
            _now = new TrafficSnapshot(_now.Instances.SetItem(instance, update(_now[instance])));
            _waits.RemoveAll(wait => wait.Condition(_now) && wait.Met.TrySetResult(_now));
        }
    }

    private sealed record Wait(Func<TrafficSnapshot, bool> Condition, TaskCompletionSource<TrafficSnapshot> Met);
}

/// <summary>The traffic up to one moment.</summary>
internal sealed record TrafficSnapshot(ImmutableDictionary<string, InstanceTraffic> Instances)
{
    private static readonly InstanceTraffic None = new(TokenRequests: 0, Calls: 0, Tokens: 0, TokenId: null);

    public int TokenRequests => Instances.Values.Sum(instance => instance.TokenRequests);

    public int Calls => Instances.Values.Sum(instance => instance.Calls);

    /// <summary>How many token requests the instances would have made if each requested its own tokens.</summary>
    public int Tokens => Instances.Values.Sum(instance => instance.Tokens);

    public InstanceTraffic this[string instance] => Instances.GetValueOrDefault(instance, None);
}

/// <param name="TokenRequests">The token requests that the instance made.</param>
/// <param name="Calls">Its calls to the orders API that succeeded.</param>
/// <param name="Tokens">The tokens that these used.</param>
/// <param name="TokenId">The token that the last of these used.</param>
internal sealed record InstanceTraffic(int TokenRequests, int Calls, int Tokens, string? TokenId);
