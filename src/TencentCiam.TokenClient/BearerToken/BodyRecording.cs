using System.Buffers;
using System.Net;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>
/// Records the bytes of a request body while they are sent for the first time, so that exactly the same bytes can be sent again.
/// A body that is produced while it is sent, such as an asynchronous sequence or a stream, may produce different bytes, or none,
/// the second time. Recording does not delay sending. A body that is too large, or is not sent to its end, is not kept.
/// </summary>
internal sealed class BodyRecording
{
    public const int MaxBytes = 1024 * 1024;

    private readonly HttpContent _body;
    private ArrayBufferWriter<byte>? _bytes = new();
    private int _isStarted;
    private volatile bool _isComplete;
    private volatile bool _isRead;

    public BodyRecording(HttpContent body)
    {
        _body = body;

        // The type of content matters: over HTTP/2, .NET returns an early response only after a body of these two types was sent
        // to its end, and hedging refuses to copy a stream.
        Content = body switch
        {
            StreamContent => new RecordedStreamContent(this, body),
            MultipartContent => new RecordedMultipartContent(this, body),
            _ => new RecordedContent(this, body),
        };
        CopyHeaders(Content);
    }

    /// <summary>What is sent in place of the body.</summary>
    public HttpContent Content { get; }

    /// <summary>Whether the recorded bytes can be sent again, or the body has not been used yet.</summary>
    public bool CanReplay => _isComplete ? _bytes is not null : Volatile.Read(ref _isStarted) == 0 && !_isRead;

    /// <summary>Creates the content to send the second time.</summary>
    public HttpContent CreateReplay()
    {
        if (!_isComplete || _bytes is not { } bytes)
        {
            return Content;
        }

        var replay = new ReadOnlyMemoryContent(bytes.WrittenMemory);
        CopyHeaders(replay);
        return replay;
    }

    /// <summary>Ends the recording, even if the body is still being sent.</summary>
    public void Stop() => _bytes = null;

    /// <summary>Returns the body to a handler that reads it as a stream. It can then no longer be replayed.</summary>
    public HttpContent Read()
    {
        _isRead = true;
        return _body;
    }

    public void SendTo(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // An inner retry handler sends the body again.
        if (!IsFirst())
        {
            _body.CopyTo(stream, context, cancellationToken);
            return;
        }

        _body.CopyTo(new RecordingStream(stream, this), context, cancellationToken);
        _isComplete = true;
    }

    public async Task SendToAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (!IsFirst())
        {
            await _body.CopyToAsync(stream, context, cancellationToken).ConfigureAwait(false);
            return;
        }

        await _body.CopyToAsync(new RecordingStream(stream, this), context, cancellationToken).ConfigureAwait(false);
        _isComplete = true;
    }

    /// <summary>Records bytes that are sent; discards the recording if it becomes too large.</summary>
    public void Add(ReadOnlySpan<byte> sent)
    {
        if (_bytes is not { } bytes)
        {
            return;
        }

        if (bytes.WrittenCount + sent.Length > MaxBytes)
        {
            _bytes = null;
            return;
        }

        bytes.Write(sent);
    }

    private bool IsFirst() => Interlocked.Exchange(ref _isStarted, 1) == 0;

    private void CopyHeaders(HttpContent content)
    {
        content.Headers.Clear();
        foreach (var (name, values) in _body.Headers.NonValidated)
        {
            content.Headers.TryAddWithoutValidation(name, values);
        }
    }
}
