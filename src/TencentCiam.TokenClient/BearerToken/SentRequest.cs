namespace TencentCiam.TokenClient.BearerToken;

/// <summary>A request as it was before the inner handlers could change it, so that it can be sent once more.</summary>
internal readonly struct SentRequest
{
    private readonly HttpRequestMessage _request;
    private readonly Uri? _address;
    private readonly HttpContent? _body;
    private readonly BodyRecording? _recording;
    private readonly bool _mayRepeat;

    public SentRequest(HttpRequestMessage request, bool mayRepeat)
    {
        _request = request;
        _address = request.RequestUri;
        _body = request.Content;
        _mayRepeat = mayRepeat;
        if (mayRepeat && _body is not null && !IsBytes(_body) && !(_body.Headers.ContentLength > BodyRecording.MaxBytes))
        {
            _recording = new BodyRecording(_body);
            request.Content = _recording.Content;
        }
    }

    /// <summary>Whether the body is recorded. <see cref="End"/> then has to be called.</summary>
    public bool IsRecorded => _recording is not null;

    /// <summary>Whether the same request, with the same bytes, can be sent again.</summary>
    public bool CanRepeat => _mayRepeat && (_recording?.CanReplay ?? (_body is null || IsBytes(_body)));

    /// <summary>Undoes the changes of the inner handlers, which they will make again.</summary>
    public void Rewind()
    {
        _request.RequestUri = _address;
        _request.Content = _recording is null ? _body : _recording.CreateReplay();
    }

    /// <summary>Ends the recording and restores the request's own body.</summary>
    public void End()
    {
        if (_recording is null)
        {
            return;
        }

        _recording.Stop();
        try
        {
            _request.Content = _body;
        }
        catch (ObjectDisposedException)
        {
            // A handler has disposed the request and its current content, but not the original body.
            _body?.Dispose();
        }
    }

    private static bool IsBytes(HttpContent body) => body is ByteArrayContent or ReadOnlyMemoryContent;
}
