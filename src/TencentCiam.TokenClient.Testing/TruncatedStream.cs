namespace TencentCiam.TokenClient.Testing;

// The first half of a body. Then reading fails as it does when a server closes the connection.
internal sealed class TruncatedStream : MemoryStream
{
    private TruncatedStream(byte[] body)
        : base(body, 0, body.Length / 2, writable: false)
    {
    }

    // The same headers, with the length of the whole body.
    public static async Task<HttpContent> TruncateAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var body = await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var truncated = new StreamContent(new TruncatedStream(body));
        foreach (var (name, values) in content.Headers.NonValidated)
        {
            truncated.Headers.TryAddWithoutValidation(name, values);
        }

        truncated.Headers.ContentLength = body.Length;
        return truncated;
    }

    // In a derived class, the base class reads through this method, except for a single byte.
    public override int Read(byte[] buffer, int offset, int count)
        => base.Read(buffer, offset, count) is var read && (read > 0 || count == 0)
            ? read
            : throw new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely.");

    public override int ReadByte()
    {
        var one = new byte[1];
        return Read(one, 0, 1) > 0 ? one[0] : -1;
    }
}
