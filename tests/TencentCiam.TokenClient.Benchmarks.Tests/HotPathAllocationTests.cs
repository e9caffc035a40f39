using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Tests;

public sealed class HotPathAllocationTests
{
    [Fact]
    public async Task A_call_with_a_cached_token_allocates_no_more_than_a_call_with_a_constant_header()
    {
        using var peer = PeerCatalogue.Ours.Create(new InMemoryEnvironment(TimeSpan.FromHours(12)));
        await peer.CallAsync();

        Assert.Equal(Allocated(peer.CallBaselineAsync), Allocated(peer.CallAsync));
    }

    /// <summary>The minimum of several rounds, because the runtime itself allocates on this thread while it warms up.</summary>
    private static long Allocated(Func<Task> call) => Enumerable.Range(0, 20).Min(_ =>
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            Assert.True(call().IsCompletedSuccessfully);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    });
}
