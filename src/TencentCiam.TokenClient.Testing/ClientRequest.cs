using System.Net.Http.Headers;
using System.Text;

namespace TencentCiam.TokenClient.Testing;

// The form and the credentials of a token or revocation request, read in the server's order.
internal sealed class ClientRequest
{
    private ClientRequest(HttpRequestHeaders headers, FormContent content)
    {
        Content = content;
        Form = FormEncoding.Parse(content.Text);
        ClientId = Form["client_id"].FirstOrDefault();

        // As it was sent: a parsed header no longer shows what is behind the credentials.
        var authorization = headers.NonValidated.TryGetValues("Authorization", out var values)
            ? values.First().Split(' ', '\t')
            : [];
        if (authorization.Length > 0 && authorization[0].Equals("Basic", StringComparison.OrdinalIgnoreCase))
        {
            // Credentials in the body are ignored, although RFC 6749 section 2.3 forbids sending both: see
            // docs/portal-behaviour.md.
            IsMalformed = !ReadBasic(authorization);
        }
        else
        {
            ReadPost();
        }
    }

    public FormContent Content { get; }

    public ILookup<string, string> Form { get; }

    public string? ClientId { get; private set; }

    public string? ClientSecret { get; private set; }

    // Null: no usable credentials.
    public CiamClientAuthentication? Authentication { get; private set; }

    public bool IsMalformed { get; private set; }

    public static async Task<ClientRequest> ReadAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
        => new(
            request.Headers,
            await FormContent.ReadAsync(request.Content, async, cancellationToken).ConfigureAwait(false));

    // The decoded values are form-encoded (RFC 6749 section 2.3.1), so an unencoded "+" is read as a space: see
    // docs/portal-behaviour.md.
    private bool ReadBasic(string[] authorization)
    {
        if (authorization.Length != 2
            || DecodeBase64(authorization[1])?.Split(':', 2) is not [var id, var secret]
            || string.IsNullOrWhiteSpace(id)
            || string.IsNullOrWhiteSpace(secret)
            || !FormEncoding.TryDecode(id, out var clientId)
            || !FormEncoding.TryDecode(secret, out var clientSecret))
        {
            return false;
        }

        ClientId = clientId;
        ClientSecret = clientSecret;
        Authentication = CiamClientAuthentication.ClientSecretBasic;
        return true;
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

    // The server also accepts missing padding: see docs/portal-behaviour.md.
    private static string? DecodeBase64(string value)
    {
        var padded = value.Contains('=', StringComparison.Ordinal) ? value : value.PadRight((value.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length];
        return Convert.TryFromBase64String(padded, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }
}
