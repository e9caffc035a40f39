using System.Net;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>How the body of a response is read.</summary>
public sealed class BoundedBodyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_is_announced_as_too_large_is_not_read(bool synchronously)
    {
        using var content = new StreamedContent(new MemoryStream(new byte[10]));
        content.Headers.ContentLength = BoundedBody.MaxBytes + 1;

        Assert.Null(await BoundedBody.ReadAsync(content, synchronously, Cancellation));
        Assert.Equal((0, 0), (content.SynchronousReads, content.AsynchronousReads));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_of_the_maximum_size_is_read_whatever_size_is_announced(bool synchronously)
    {
        foreach (var announced in (long?[])[null, 0, 1, BoundedBody.MaxBytes])
        {
            using var content = new StreamedContent(new MemoryStream(new byte[BoundedBody.MaxBytes]));
            content.Headers.ContentLength = announced;

            Assert.Equal(BoundedBody.MaxBytes, (await BoundedBody.ReadAsync(content, synchronously, Cancellation))!.Value.Length);
        }
    }

    [Fact]
    public async Task A_body_of_the_announced_size_is_read_at_once()
    {
        using var stream = new CountingStream(new byte[5000]);
        using var content = new StreamedContent(stream);
        content.Headers.ContentLength = 5000;

        await BoundedBody.ReadAsync(content, synchronously: true, Cancellation);

        Assert.Equal(2, stream.Reads);
    }

    [Fact]
    public async Task An_announced_size_does_not_reserve_memory()
    {
        using var content = new StreamedContent(new MemoryStream([1, 2, 3]));
        content.Headers.ContentLength = BoundedBody.MaxBytes;
        var before = GC.GetAllocatedBytesForCurrentThread();

        await BoundedBody.ReadAsync(content, synchronously: true, Cancellation);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public async Task An_asynchronous_read_does_not_block()
    {
        using var content = new StreamedContent(new MemoryStream([1, 2, 3]));

        Assert.Equal([1, 2, 3], (await BoundedBody.ReadAsync(content, synchronously: false, Cancellation))!.Value.ToArray());
        Assert.Equal((0, 1), (content.SynchronousReads, content.AsynchronousReads));
    }

    [Fact]
    public async Task A_synchronous_read_does_not_use_the_thread_pool()
    {
        using var content = new StreamedContent(new MemoryStream([1, 2, 3]));

        Assert.Equal([1, 2, 3], (await BoundedBody.ReadAsync(content, synchronously: true, Cancellation))!.Value.ToArray());
        Assert.Equal((1, 0), (content.SynchronousReads, content.AsynchronousReads));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_can_only_be_read_asynchronously_is_read_in_a_synchronous_request_too(bool canOpen)
    {
        using var stream = new AsynchronousStream([1, 2, 3]);
        using var content = new StreamedContent(stream, opensSynchronously: canOpen);

        Assert.Equal([1, 2, 3], (await BoundedBody.ReadAsync(content, synchronously: true, Cancellation))!.Value.ToArray());
    }

    [Fact]
    public async Task A_body_that_ends_because_its_synchronous_read_was_cancelled_is_not_taken_for_a_whole_one()
    {
        using var cancellation = new CancellationTokenSource();
        using var stream = new CancellingStream(cancellation);
        using var content = new StreamedContent(stream);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => BoundedBody.ReadAsync(content, synchronously: true, cancellation.Token).AsTask());
        Assert.True(stream.WasDisposed);
    }

    private sealed class StreamedContent(Stream stream, bool opensSynchronously = true) : HttpContent
    {
        public int SynchronousReads { get; private set; }

        public int AsynchronousReads { get; private set; }

        protected override Stream CreateContentReadStream(CancellationToken cancellationToken)
        {
            if (!opensSynchronously)
            {
                throw new NotSupportedException();
            }

            SynchronousReads++;
            return stream;
        }

        protected override Task<Stream> CreateContentReadStreamAsync()
        {
            AsynchronousReads++;
            return Task.FromResult(stream);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class CountingStream(byte[] bytes) : MemoryStream(bytes)
    {
        /// <summary>The last of them finds the end.</summary>
        public int Reads { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            Reads++;
            return base.Read(buffer);
        }
    }

    private sealed class AsynchronousStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => throw new NotSupportedException();
    }

    /// <summary>A stream during whose read the request is cancelled.</summary>
    private sealed class CancellingStream(CancellationTokenSource cancellation) : MemoryStream([1, 2, 3])
    {
        public bool WasDisposed { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            cancellation.Cancel();
            WasDisposed = !CanRead;
            return 0;
        }
    }
}
