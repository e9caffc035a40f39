using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace TencentCiam.TokenClient.Testing;

// The form and the credentials of a token or revocation request, read in the server's order.
internal sealed class ClientRequest
{
    private ClientRequest(HttpRequestMessage request, string body)
    {
        Form = Parse(body);
        ClientId = Form["client_id"].FirstOrDefault();
        if (request.Headers.Authorization is { } authorization
            && authorization.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
        {
            // Credentials in the body are ignored, although RFC 6749 section 2.3 forbids sending both: see
            // docs/portal-behaviour.md.
            ReadBasic(authorization);
        }
        else
        {
            ReadPost();
        }
    }

    public ILookup<string, string> Form { get; }

    public string? ClientId { get; private set; }

    public string? ClientSecret { get; private set; }

    // Null: no usable credentials.
    public CiamClientAuthentication? Authentication { get; private set; }

    public bool IsMalformed { get; private set; }

    public static async Task<ClientRequest> ReadAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        // A body that is not a form has no parameters, as in any servlet container.
        if (request.Content?.Headers.ContentType?.MediaType is not { } mediaType
            || !mediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
        {
            return new ClientRequest(request, "");
        }

        if (async)
        {
            return new ClientRequest(request, await request.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
        }

        using var reader = new StreamReader(request.Content.ReadAsStream(cancellationToken), Encoding.UTF8, leaveOpen: true);
        return new ClientRequest(request, reader.ReadToEnd());
    }

    // The decoded values are form-encoded (RFC 6749 section 2.3.1), so an unencoded "+" is read as a space: see
    // docs/portal-behaviour.md.
    private void ReadBasic(AuthenticationHeaderValue authorization)
    {
        var bytes = new byte[authorization.Parameter?.Length ?? 0];
        var pair = Convert.TryFromBase64String(authorization.Parameter ?? "", bytes, out var length)
            ? Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2)
            : [];
        if (pair.Length < 2 || string.IsNullOrWhiteSpace(pair[0]) || string.IsNullOrWhiteSpace(pair[1]))
        {
            IsMalformed = true;
            return;
        }

        ClientId = WebUtility.UrlDecode(pair[0]);
        ClientSecret = WebUtility.UrlDecode(pair[1]);
        Authentication = CiamClientAuthentication.ClientSecretBasic;
    }

    private void ReadPost()
    {
        var secret = Form["client_secret"].FirstOrDefault();
        if (string.IsNullOrWhiteSpace(ClientId) || string.IsNullOrWhiteSpace(secret))
        {
            return;
        }

        if (Form["client_id"].Count() > 1 || Form["client_secret"].Count() > 1)
        {
            IsMalformed = true;
            return;
        }

        ClientSecret = secret;
        Authentication = CiamClientAuthentication.ClientSecretPost;
    }

    private static ILookup<string, string> Parse(string body)
        => body.Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(parameter => parameter.Split('=', 2))
            .ToLookup(
                parameter => WebUtility.UrlDecode(parameter[0]),
                parameter => parameter.Length == 2 ? WebUtility.UrlDecode(parameter[1]) : "",
                StringComparer.Ordinal);
}
