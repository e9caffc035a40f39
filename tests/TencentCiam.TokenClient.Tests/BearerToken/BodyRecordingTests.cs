using System.Net;
using TencentCiam.TokenClient.BearerToken;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>What stands for a body that is recorded while it is sent.</summary>
public sealed class BodyRecordingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<Func<Stream, HttpContent>> Bodies { get; } = new()
    {
        { stream => new StreamContent(stream) },
        { stream => new MultipartContent { new StreamContent(stream) } },
        { stream => new Wrapping(new StreamContent(stream)) },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Disposing_it_disposes_the_body(Func<Stream, HttpContent> body)
    {
        using var stream = new MemoryStream([1, 2, 3]);
        var content = new BodyRecording(body(stream)).Content;

        content.Dispose();

        Assert.False(stream.CanRead);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => content.CopyToAsync(Stream.Null, Cancellation));
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task It_and_the_replay_have_the_bodys_headers(Func<Stream, HttpContent> body)
    {
        using var content = body(new MemoryStream([1, 2, 3]));
        content.Headers.ContentType = new("text/csv") { CharSet = "utf-8" };
        content.Headers.Add("X-Of-The-Body", ["a", "b"]);
        var recording = new BodyRecording(content);
        await recording.Content.CopyToAsync(Stream.Null, Cancellation);
        using var replay = recording.CreateReplay();

        Assert.All([recording.Content, replay], sent =>
        {
            Assert.Equal("text/csv; charset=utf-8", sent.Headers.ContentType?.ToString());
            Assert.Equal(["a", "b"], sent.Headers.GetValues("X-Of-The-Body"));
        });
        Assert.NotSame(recording.Content, replay);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_sends_it_twice_sends_the_body_twice(bool synchronously)
    {
        using var content = new StreamContent(new MemoryStream([1, 2, 3]));
        var recording = new BodyRecording(content);
        using var sent = new MemoryStream();
        for (var i = 0; i < 2; i++)
        {
            if (synchronously)
            {
                recording.Content.CopyTo(sent, context: null, Cancellation);
            }
            else
            {
                await recording.Content.CopyToAsync(sent, Cancellation);
            }
        }

        Assert.Equal([1, 2, 3, 1, 2, 3], sent.ToArray());
        Assert.Equal([1, 2, 3], await recording.CreateReplay().ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public void A_body_cannot_read_or_move_in_the_stream_that_it_is_sent_to()
    {
        using var body = new StringContent("");
        using var stream = new RecordingStream(new MemoryStream(), new BodyRecording(body));

        Assert.Equal((false, false, true), (stream.CanRead, stream.CanSeek, stream.CanWrite));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_the_call_the_request_has_its_own_body_again(bool synchronously)
    {
        using var api = new FakeApi();
        using var body = new StreamContent(new MemoryStream([1, 2, 3]));
        using var request = new HttpRequestMessage(HttpMethod.Post, "orders") { Content = body };

        using var response = synchronously
            ? api.Client.Send(request, Cancellation)
            : await api.Client.SendAsync(request, Cancellation);

        Assert.Same(body, request.Content);
    }

    [Fact]
    public async Task After_the_call_nothing_is_recorded_any_more()
    {
        using var body = new StreamContent(new MemoryStream([1, 2, 3]));
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://orders.example.com/1") { Content = body };
        var sent = new SentRequest(request, mayRepeat: true);
        var recorded = request.Content;

        sent.End();
        await recorded.CopyToAsync(Stream.Null, Cancellation);

        Assert.False(sent.CanRepeat);
    }

    [Fact]
    public async Task The_callers_thread_is_not_needed()
    {
        using var body = new StreamContent(new MemoryStream([1, 2, 3]));
        var recording = new BodyRecording(body);
        using var sent = new LateStream();
        var context = new BlockedThreadContext();

        await context.Run(() => recording.SendToAsync(sent, context: null, Cancellation));
        await context.Run(() => recording.SendToAsync(sent, context: null, Cancellation));

        Assert.Equal([1, 2, 3, 1, 2, 3], sent.ToArray());
        Assert.Equal(0, context.Posts);
    }

    private sealed class LateStream : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            Write(buffer.Span);
        }
    }

    private sealed class Wrapping(HttpContent inner) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
            => inner.CopyToAsync(stream, context);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
