using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace TencentCiam.TokenClient.Samples.Tests.CiamPortal;

/// <summary>Bytes on a connection, for requests that HttpClient does not send.</summary>
internal static class RawConnection
{
    /// <summary>Sends the text as it is, and returns everything received until the connection ends or fails.</summary>
    public static async Task<string> SendAsync(Uri server, string text)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken);
        var received = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0)
            {
                received.Write(buffer, 0, read);
            }
        }
        catch (IOException)
        {
            // The server closed the connection without having read everything, or on purpose.
        }

        return Encoding.Latin1.GetString(received.ToArray());
    }

    /// <summary>A token request whose form is sent as given, on a connection that the server closes after its response.</summary>
    public static string TokenRequest(string form, params string[] headers) => string.Join(
        "\r\n",
        [
            "POST /oauth2/token HTTP/1.1",
            "Host: portal",
            "Connection: close",
            .. headers.Any(header => header.StartsWith("Content-Type:", StringComparison.Ordinal))
                ? (string[])[]
                : ["Content-Type: application/x-www-form-urlencoded"],
            .. headers.Contains("Transfer-Encoding: chunked")
                ? (string[])[]
                : [string.Create(CultureInfo.InvariantCulture, $"Content-Length: {form.Length}")],
            .. headers,
            "",
            form,
        ]);
}
