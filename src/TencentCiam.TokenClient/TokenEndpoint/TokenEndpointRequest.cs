using System.Net.Http.Headers;
using System.Text;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>The two requests that authenticate an application.</summary>
internal static class TokenEndpointRequest
{
    /// <summary>RFC 6749 section 4.4.2, with the members in the order of CIAM's documentation.</summary>
    public static HttpRequestMessage ForToken(CiamClientCredentialsOptions options, string? scope)
    {
        var form = new List<KeyValuePair<string, string>>(4) { new("grant_type", "client_credentials") };
        var authorization = Authenticate(options, form);
        if (scope is not null)
        {
            form.Add(new("scope", scope));
        }

        return Post(options.TokenEndpoint, form, authorization);
    }

    /// <summary>RFC 7009 section 2.1. CIAM does not document token_type_hint, so none is sent.</summary>
    public static HttpRequestMessage ForRevocation(CiamClientCredentialsOptions options, string token)
    {
        var form = new List<KeyValuePair<string, string>>(3);
        var authorization = Authenticate(options, form);
        form.Add(new("token", token));
        return Post(AppendPath(options.Authority!, "/oauth2/revoke"), form, authorization);
    }

    /// <summary>RFC 6749 section 2.3.1: base64 of the form-encoded pair. An unencoded + would reach CIAM as a space.</summary>
    public static string BasicCredentials(CiamClientCredentialsOptions options)
        => Convert.ToBase64String(Encoding.ASCII.GetBytes(
            $"{FormEncode(options.ClientId)}:{FormEncode(options.ClientSecret)}"));

    /// <summary>application/x-www-form-urlencoded, as <see cref="FormUrlEncodedContent"/> writes it.</summary>
    public static string FormEncode(string value) => Uri.EscapeDataString(value).Replace("%20", "+", StringComparison.Ordinal);

    /// <summary>The endpoint with this path below an authority, which may have a path of its own.</summary>
    public static Uri AppendPath(Uri authority, string path) => new(authority.AbsoluteUri.TrimEnd('/') + path);

    // RFC 6749 section 2.3: one authentication method per request, so either the form holds the credentials or the header does.
    private static AuthenticationHeaderValue? Authenticate(
        CiamClientCredentialsOptions options,
        List<KeyValuePair<string, string>> form)
    {
        if (options.ClientAuthentication == CiamClientAuthentication.ClientSecretBasic)
        {
            return new AuthenticationHeaderValue("Basic", BasicCredentials(options));
        }

        form.Add(new("client_id", options.ClientId));
        form.Add(new("client_secret", options.ClientSecret));
        return null;
    }

    private static HttpRequestMessage Post(
        Uri endpoint,
        List<KeyValuePair<string, string>> form,
        AuthenticationHeaderValue? authorization)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new FormUrlEncodedContent(form) };
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.Authorization = authorization;
        return request;
    }
}
