using System.Net;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>Sends a request body and records it at the same time.</summary>
internal sealed class RecordedContent(BodyRecording recording, HttpContent body) : HttpContent
{
    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        => recording.SendTo(stream, context, cancellationToken);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => recording.SendToAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        => recording.SendToAsync(stream, context, cancellationToken);

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken)
        => recording.Read().ReadAsStream(cancellationToken);

    protected override Task<Stream> CreateContentReadStreamAsync() => recording.Read().ReadAsStreamAsync();

    protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken)
        => recording.Read().ReadAsStreamAsync(cancellationToken);

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
            body.Dispose();
        }

        base.Dispose(disposing);
    }
}
