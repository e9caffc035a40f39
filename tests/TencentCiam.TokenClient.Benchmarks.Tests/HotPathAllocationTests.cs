using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Tests;

public sealed class HotPathAllocationTests
{
    [Fact]
    public async Task A_call_with_a_fresh_token_allocates_not_a_byte_more_than_one_with_a_header_that_is_ready_made()
    {
        using var peer = PeerCatalogue.Ours.Create(new InMemoryEnvironment(TimeSpan.FromHours(12)));
        await peer.CallAsync();

        Assert.Equal(Allocated(peer.CallBaselineAsync), Allocated(peer.CallAsync));
    }

    /// <summary>The least of some rounds: while it is warming up, the runtime itself allocates on this thread.</summary>
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
