namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>Reads a response's body, up to a size that no token endpoint's response exceeds.</summary>
internal static class BoundedBody
{
    public const int MaxBytes = 1024 * 1024;

    private const int FirstBuffer = 4096;

    /// <summary>Reads the whole body, or returns null when it is larger than <see cref="MaxBytes"/>.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(
        HttpContent content,
        bool synchronously,
        CancellationToken cancellationToken)
    {
        // Content-Length only sizes the buffer: it may be missing, and a hostile one must not reserve memory.
        var announced = content.Headers.ContentLength ?? FirstBuffer;
        if (announced > MaxBytes)
        {
            return null;
        }

        // A synchronous read cannot be cancelled. It ends when the content is disposed.
        using var cancellation = synchronously
            ? cancellationToken.UnsafeRegister(static content => ((HttpContent)content!).Dispose(), content)
            : default;
        using (var stream = await OpenAsync(content, synchronously, cancellationToken).ConfigureAwait(false))
        {
            // One byte more than announced, so that the end is seen without growing the buffer.
            var buffer = new byte[Math.Min(announced, 8 * FirstBuffer) + 1];
            var length = 0;
            while (true)
            {
                var read = await ReadAsync(stream, buffer.AsMemory(length), synchronously, cancellationToken).ConfigureAwait(false);
                length += read;
                if (read == 0)
                {
                    // The end may be that of the disposed content.
                    cancellationToken.ThrowIfCancellationRequested();
                    return buffer.AsMemory(0, length);
                }

                if (length > MaxBytes)
                {
                    return null;
                }

                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }
            }
        }
    }

    // A user's handler may replace the body with one that can only be read asynchronously. The request must not be sent again
    // for that.
    private static async ValueTask<Stream> OpenAsync(
        HttpContent content,
        bool synchronously,
        CancellationToken cancellationToken)
    {
        try
        {
            if (synchronously)
            {
                return content.ReadAsStream(cancellationToken);
            }
        }
        catch (NotSupportedException)
        {
        }

        return await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<int> ReadAsync(
        Stream stream,
        Memory<byte> buffer,
        bool synchronously,
        CancellationToken cancellationToken)
    {
        try
        {
            if (synchronously)
            {
                return stream.Read(buffer.Span);
            }
        }
        catch (NotSupportedException)
        {
        }

        return await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
    }
}
