using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace TencentCiam.TokenClient.Testing.Tests;

/// <summary>Requests as any client could send them, with their wire format spelled out.</summary>
internal static class PortalCalls
{
    public const string TokenPath = "/oauth2/token";
    public const string RevocationPath = "/oauth2/revoke";

    private static readonly RSA SharedKey = RSA.Create(2048);

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static CiamPortalEmulator CreatePortal(Uri? authority = null, TimeProvider? timeProvider = null)
        => new(authority, timeProvider, SharedKey);

    public static string Credentials(this CiamPortalApplication application)
        => $"client_id={Uri.EscapeDataString(application.ClientId)}&client_secret={Uri.EscapeDataString(application.ClientSecret)}";

    public static string TokenRequest(this CiamPortalApplication application, string? scope = null)
        => "grant_type=client_credentials&" + application.Credentials()
            + (scope is null ? "" : "&scope=" + Uri.EscapeDataString(scope));

    public static HttpRequestMessage Post(
        this CiamPortalEmulator portal,
        string path,
        string body,
        string? authorization = null,
        string contentType = "application/x-www-form-urlencoded")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, portal.Authority.AbsoluteUri.TrimEnd('/') + path)
        {
            Content = new StringContent(body, Encoding.UTF8, contentType),
        };
        if (authorization is not null)
        {
            request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);
        }

        return request;
    }

    public static async Task<HttpResponseMessage> SendAsync(this CiamPortalEmulator portal, HttpRequestMessage request)
    {
        using var client = portal.CreateClient();
        return await client.SendAsync(request, Cancellation);
    }

    public static async Task<HttpResponseMessage> PostTokenAsync(
        this CiamPortalEmulator portal,
        string body,
        string? authorization = null)
    {
        using var request = portal.Post(TokenPath, body, authorization);
        return await portal.SendAsync(request);
    }

    public static async Task<HttpResponseMessage> PostRevocationAsync(this CiamPortalEmulator portal, string body)
    {
        using var request = portal.Post(RevocationPath, body);
        return await portal.SendAsync(request);
    }

    public static async Task<string> GetAccessTokenAsync(
        this CiamPortalEmulator portal,
        CiamPortalApplication? application = null,
        string? scope = null)
    {
        using var response = await portal.PostTokenAsync((application ?? portal.Application).TokenRequest(scope));
        Assert.Equal(200, (int)response.StatusCode);
        using var json = JsonDocument.Parse(await response.BodyAsync());
        return json.RootElement.GetProperty("access_token").GetString()!;
    }

    public static async Task<string> GetStringAsync(this CiamPortalEmulator portal, string path)
    {
        using var client = portal.CreateClient();
        return await client.GetStringAsync(new Uri(path, UriKind.Relative), Cancellation);
    }

    /// <summary>The bytes of the body, decoded to one character each.</summary>
    public static async Task<string> BodyAsync(this HttpResponseMessage response)
        => Encoding.Latin1.GetString(await response.Content.ReadAsByteArrayAsync(Cancellation));

    public static string? RawContentType(this HttpResponseMessage response)
        => response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) ? values.ToString() : null;

    public static async Task AssertErrorAsync(this HttpResponseMessage response, int status, string body)
    {
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(body, await response.BodyAsync());
        Assert.Equal("application/json;charset=UTF-8", response.RawContentType());
        Assert.Empty(response.Headers.WwwAuthenticate);
    }

    public static string ParameterError(string code, string parameter)
        => $$"""{"error":"{{code}}","error_description":"OAuth 2.0 Parameter: {{parameter}}","error_uri":"https://datatracker.ietf.org/doc/html/rfc6749#section-5.2"}""";
}
