using System.Diagnostics;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>Steady calls of a peer in real time, and what became of them.</summary>
internal sealed class Load
{
    /// <summary>A call that takes so long has waited for a token: the resource itself answers at once.</summary>
    private static readonly TimeSpan Waited = TimeSpan.FromMilliseconds(40);

    private readonly List<double> _failures = [];

    public int Calls { get; private set; }

    public int WaitingCalls { get; private set; }

    public int FailedCalls => _failures.Count;

    /// <summary>How long the failing calls took, in the middle, in milliseconds.</summary>
    public double? MedianFailure => _failures.Count == 0 ? null : _failures.Order().ElementAt(_failures.Count / 2);

    /// <summary>When the first call since <paramref name="from"/> succeeded, in seconds after it.</summary>
    public double? FirstSuccessAfter(long from)
        => _successes.Where(success => success >= from).Select(success => (double?)Stopwatch.GetElapsedTime(from, success).TotalSeconds)
            .FirstOrDefault();

    private readonly List<long> _successes = [];

    /// <summary>Calls from so many loops until the time is up, each with a pause after each call.</summary>
    public async Task RunAsync(Peer peer, int loops, TimeSpan pause, TimeSpan length)
    {
        var from = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, loops).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(from) < length)
            {
                await CallAsync(peer).ConfigureAwait(false);
                await Task.Delay(pause).ConfigureAwait(false);
            }
        })));
    }

    private async Task CallAsync(Peer peer)
    {
        var start = Stopwatch.GetTimestamp();
        var succeeded = true;
        var immediate = false;
        try
        {
            var call = peer.CallAsync();
            immediate = call.IsCompleted;
            await call.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Each peer fails in its own way.
        catch (Exception)
#pragma warning restore CA1031
        {
            succeeded = false;
        }

        var end = Stopwatch.GetTimestamp();
        var took = Stopwatch.GetElapsedTime(start, end);
        lock (_failures)
        {
            Calls++;
            if (!succeeded)
            {
                _failures.Add(took.TotalMilliseconds);
                return;
            }

            _successes.Add(end);

            // A call that was complete when it came back has waited for nothing, however slow a busy machine made it.
            WaitingCalls += !immediate && took > Waited ? 1 : 0;
        }
    }
}
