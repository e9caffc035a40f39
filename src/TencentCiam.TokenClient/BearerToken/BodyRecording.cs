using System.Buffers;
using System.Net;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>
/// Keeps the bytes of a request body while they are sent for the first time, so that exactly these can be sent again: a body
/// that is produced while it is sent, such as an asynchronous sequence or a stream, may be another or none the second time.
/// Nothing is held up for it, and a body that is too large, or is not sent to its end, is not kept.
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

        // Of the same kind: over HTTP/2, .NET returns a response that comes early only when a body of these two kinds was sent to
        // its end, and hedging refuses to copy a stream.
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

    /// <summary>Whether the bytes of the first sending can be sent again, or nothing was done with the body yet.</summary>
    public bool CanReplay => _isComplete ? _bytes is not null : Volatile.Read(ref _isStarted) == 0 && !_isRead;

    /// <summary>Creates what is sent the second time.</summary>
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

    /// <summary>Ends the recording, also of a body that is still being sent.</summary>
    public void Stop() => _bytes = null;

    /// <summary>Notes that a handler has the body as a stream, which it may have sent itself.</summary>
    public HttpContent Read()
    {
        _isRead = true;
        return _body;
    }

    public void SendTo(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // A second time it is a retry handler inside that sends the body.
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

    /// <summary>Keeps what was sent, unless it is too much.</summary>
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
