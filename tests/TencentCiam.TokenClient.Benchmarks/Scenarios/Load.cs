using System.Diagnostics;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>Calls a peer steadily in real time and counts the outcomes.</summary>
internal sealed class Load
{
    /// <summary>A call that takes longer than this has waited for a token: the resource itself responds immediately.</summary>
    private static readonly TimeSpan WaitThreshold = TimeSpan.FromMilliseconds(40);

    private readonly List<double> _failures = [];
    private readonly List<long> _successes = [];

    public int Calls { get; private set; }

    public int WaitingCalls { get; private set; }

    public int FailedCalls => _failures.Count;

    /// <summary>The median duration of the failing calls, in milliseconds.</summary>
    public double? MedianFailure => _failures.Count == 0 ? null : _failures.Order().ElementAt(_failures.Count / 2);

    /// <summary>Seconds from <paramref name="from"/> to the first success after it; null if there was none.</summary>
    public double? FirstSuccessAfter(long from)
        => _successes.Where(success => success >= from).Select(success => (double?)Stopwatch.GetElapsedTime(from, success).TotalSeconds)
            .FirstOrDefault();

    /// <summary>Runs the loops until the time is up. Each loop pauses after each call.</summary>
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

            // A call that completed synchronously did not wait, even if a busy machine made it slow.
            WaitingCalls += !immediate && took > WaitThreshold ? 1 : 0;
        }
    }
}
