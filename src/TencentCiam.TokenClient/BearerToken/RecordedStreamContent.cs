using System.Net;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>Like <see cref="RecordedContent"/>, for a body that .NET sends to its end before it returns the response.</summary>
internal sealed class RecordedStreamContent(BodyRecording recording, HttpContent body) : StreamContent(Stream.Null)
{
    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        => recording.SendTo(stream, context, cancellationToken);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => recording.SendToAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        => recording.SendToAsync(stream, context, cancellationToken);

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken) => body.ReadAsStream(cancellationToken);

    protected override Task<Stream> CreateContentReadStreamAsync() => body.ReadAsStreamAsync();

    protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken)
        => body.ReadAsStreamAsync(cancellationToken);

    // A length that is known is among the copied headers.
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            recording.DisposeBody();
        }

        base.Dispose(disposing);
    }
}
