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
    private volatile bool _isReplaying;

    public BodyRecording(HttpContent body)
    {
        _body = body;

        // Over HTTP/2, .NET completes the sending of these two not before their end, and only of types derived from its own.
        Content = body is StreamContent or MultipartContent ? new RecordedStreamContent(this, body) : new RecordedContent(this, body);
        foreach (var (name, values) in body.Headers.NonValidated)
        {
            Content.Headers.TryAddWithoutValidation(name, values);
        }
    }

    /// <summary>What is sent in place of the body.</summary>
    public HttpContent Content { get; }

    /// <summary>Whether the body was disposed, as part of its request.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Whether the bytes of the first sending can be sent again, or none have been sent yet.</summary>
    public bool CanReplay => _isComplete || Volatile.Read(ref _isStarted) == 0;

    /// <summary>From now on, the bytes of the first sending are sent.</summary>
    public void Replay() => _isReplaying = _isComplete;

    /// <summary>From now on, the body itself is sent, as if it had not been recorded.</summary>
    public void Stop()
    {
        _isReplaying = false;
        _isComplete = false;
        _bytes = null;
    }

    public void SendTo(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_isReplaying && _bytes is { } bytes)
        {
            stream.Write(bytes.WrittenSpan);
        }
        else if (IsFirst())
        {
            _body.CopyTo(new RecordingStream(stream, this), context, cancellationToken);
            Complete();
        }
        else
        {
            _body.CopyTo(stream, context, cancellationToken);
        }
    }

    public async Task SendToAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_isReplaying && _bytes is { } bytes)
        {
            await stream.WriteAsync(bytes.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
        else if (IsFirst())
        {
            await _body.CopyToAsync(new RecordingStream(stream, this), context, cancellationToken).ConfigureAwait(false);
            Complete();
        }
        else
        {
            // Of a retry handler between this library's and the connection.
            await _body.CopyToAsync(stream, context, cancellationToken).ConfigureAwait(false);
        }
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

    public void DisposeBody()
    {
        IsDisposed = true;
        _body.Dispose();
    }

    private bool IsFirst() => Interlocked.Exchange(ref _isStarted, 1) == 0;

    private void Complete() => _isComplete = _bytes is not null;
}
