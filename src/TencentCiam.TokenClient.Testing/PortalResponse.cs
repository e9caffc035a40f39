using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace TencentCiam.TokenClient.Testing;

internal static class PortalResponse
{
    // Without a space after the semicolon, which .NET would insert when it formats a media type.
    public const string JsonWithCharset = "application/json;charset=UTF-8";

    public static HttpResponseMessage Json(
        HttpStatusCode statusCode,
        Action<Utf8JsonWriter> writeMembers,
        string contentType = "application/json")
        => Text(statusCode, PortalJson.Write(writeMembers), contentType);

    public static HttpResponseMessage Text(HttpStatusCode statusCode, string body, string? contentType)
    {
        var response = new HttpResponseMessage(statusCode) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        if (contentType is not null)
        {
            response.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return response;
    }

    public static HttpResponseMessage Error(HttpStatusCode statusCode, string code)
        => Json(statusCode, json => json.WriteString("error", code), JsonWithCharset);

    public static HttpResponseMessage Error(HttpStatusCode statusCode, string code, string description, string? uri = null) => Json(
        statusCode,
        json =>
        {
            json.WriteString("error", code);
            json.WriteString("error_description", description);
            if (uri is not null)
            {
                json.WriteString("error_uri", uri);
            }
        },
        JsonWithCharset);

    // Spring Boot's own error body. Its "error" is not an OAuth code: see docs/portal-behaviour.md.
    public static HttpResponseMessage SpringError(HttpStatusCode statusCode, string reasonPhrase, string path, DateTimeOffset now)
        => Json(statusCode, json =>
        {
            json.WriteString("timestamp", now.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'+00:00'", CultureInfo.InvariantCulture));
            json.WriteNumber("status", (int)statusCode);
            json.WriteString("error", reasonPhrase);
            json.WriteString("path", path);
        });
}
