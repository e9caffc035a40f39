using System.Net;
using System.Text;

namespace TencentCiam.TokenClient.Testing;

// The text of a form, or the reason why it cannot be read.
internal sealed record FormContent(string Text, HttpStatusCode? ErrorStatus = null, string? ErrorDescription = null)
{
    // Every legitimate form is far smaller. The recorded requests hold parts of it.
    private const int MaxBytes = 65536;

    public static async Task<FormContent> ReadAsync(HttpContent? content, bool async, CancellationToken cancellationToken)
    {
        // A body that is not a form has no parameters, as in any servlet container.
        if (content?.Headers.ContentType is not { MediaType: { } mediaType } contentType
            || !mediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
        {
            return new FormContent("");
        }

        if (FindEncoding(contentType.CharSet) is not { } encoding)
        {
            return new FormContent("", HttpStatusCode.BadRequest, "The charset of the form is not supported.");
        }

        var bytes = await ReadBytesAsync(content, async, cancellationToken).ConfigureAwait(false);
        return bytes.Length > MaxBytes
            ? new FormContent("", HttpStatusCode.RequestEntityTooLarge, "The form is larger than 64 KiB.")
            : new FormContent(encoding.GetString(bytes));
    }

    // At most one byte more than is permitted, where more have not been read before. The content is left as it was found, because
    // a fault may read it, and a handler may send the same request again.
    private static async Task<byte[]> ReadBytesAsync(HttpContent content, bool async, CancellationToken cancellationToken)
    {
        if (async && content is not StreamContent)
        {
            return await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        }

        var stream = content.ReadAsStream(cancellationToken);
        var start = stream.CanSeek ? stream.Position : 0;
        var bytes = new byte[MaxBytes + 1];
        var length = async
            ? await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)
            : stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (stream.CanSeek)
        {
            stream.Position = start;
        }

        return bytes[..length];
    }

    private static Encoding? FindEncoding(string? charset)
    {
        try
        {
            return charset is null ? Encoding.UTF8 : Encoding.GetEncoding(charset.Trim('"'));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
