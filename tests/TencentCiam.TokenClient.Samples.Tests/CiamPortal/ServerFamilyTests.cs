using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace TencentCiam.TokenClient.Samples.Tests.CiamPortal;

/// <summary>What the server family does beside the documented cases, over real sockets. The emulator's tests have all variants.</summary>
public sealed class ServerFamilyTests
{
    private const string Grant = "grant_type=client_credentials";
    private const string Form = Grant + "&client_id=curl&client_secret=sEcrEt%2Fof%2BtEsts";
    private const string InvalidRequest = """{"error":"invalid_request"}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_Basic_header_must_be_form_encoded_and_well_formed()
    {
        await using var portal = await PortalProcess.StartAsync("curl", "--applications:half:clientSecret", "50%off");

        Assert.Equal((200, ""), await SendAsync("Basic Y3VybDpzRWNyRXQlMkZvZiUyQnRFc3Rz"));
        Assert.Equal((200, ""), await SendAsync("Basic " + Base64("half:50%25off").TrimEnd('=')));
        Assert.Equal((400, InvalidRequest), await SendAsync("Basic " + Base64("half:50%off")));
        Assert.Equal((400, InvalidRequest), await SendAsync("Basic Y3VybDpzRWNyRXQlMkZvZiUyQnRFc3Rz YTpi"));
        Assert.Equal((400, InvalidRequest), await SendAsync("Basic  Y3VybDpzRWNyRXQlMkZvZiUyQnRFc3Rz"));

        async Task<(int Status, string Error)> SendAsync(string authorization)
        {
            var response = await RawConnection.SendAsync(
                portal.Address, RawConnection.TokenRequest(Grant, "Authorization: " + authorization));
            var status = int.Parse(response.Split(' ')[1]);
            return (status, status == 200 ? "" : response.Split("\r\n\r\n")[1]);
        }
    }

    [Theory]
    [InlineData(Form + "&client_id=curl", 400)]
    [InlineData(Form + "&scope=&scope=", 200)]
    [InlineData(Form + "&scope=orders.read&scope=orders.read", 400)]
    public async Task Repeated_parameters_are_rejected_except_for_an_empty_scope(string form, int status)
    {
        await using var portal = await PortalProcess.StartAsync("curl");

        var response = await RawConnection.SendAsync(portal.Address, RawConnection.TokenRequest(form));

        Assert.StartsWith($"HTTP/1.1 {status} ", response, StringComparison.Ordinal);
        Assert.Equal(status == 400, response.Contains("\"error\":\"invalid_request\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "token")]
    [InlineData("&token=a&token=a", "token")]
    [InlineData("&token=a&token_type_hint=x&token_type_hint=x", "token_type_hint")]
    public async Task Revocation_names_the_parameter_that_is_missing_or_repeated(string form, string parameter)
    {
        await using var portal = await PortalProcess.StartAsync("curl");
        using var content = new StringContent(Form + form, MediaTypeHeaderValue.Parse("application/x-www-form-urlencoded"));

        using var response = await portal.Http.PostAsync(new Uri("oauth2/revoke", UriKind.Relative), content, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(
            $$"""{"error":"invalid_request","error_description":"OAuth 2.0 Token Revocation Parameter: {{parameter}}","error_uri":"https://tools.ietf.org/html/rfc7009#section-2.1"}""",
            await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Theory]
    [InlineData("oauth2/jwks")]
    [InlineData(".well-known/openid-configuration")]
    public async Task Only_GET_is_mapped_for_the_key_set_and_discovery(string path)
    {
        await using var portal = await PortalProcess.StartAsync("curl");
        using var head = new HttpRequestMessage(HttpMethod.Head, path);

        using var toHead = await portal.Http.SendAsync(head, Cancellation);
        using var toGet = await portal.Http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, toHead.StatusCode);
        Assert.Equal(HttpStatusCode.OK, toGet.StatusCode);
    }

    [Fact]
    public async Task A_failure_of_the_server_itself_returns_Spring_Boots_JSON()
    {
        await using var portal = await PortalProcess.StartAsync("curl");

        // A header that no HTTP server can send.
        await portal.ControlAsync(
            HttpMethod.Post, "faults", """{"fault":"respond","status":200,"body":"{}","contentType":"text/plain; x=\u0001"}""");
        using var response = await portal.RequestTokenAsync();
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        await portal.StopAsync();

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.StartsWith("{\"timestamp\":\"", body, StringComparison.Ordinal);
        Assert.EndsWith("\"status\":500,\"error\":\"Internal Server Error\",\"path\":\"/oauth2/token\"}", body, StringComparison.Ordinal);
        Assert.Contains("POST /oauth2/token: 500", portal.Output, StringComparison.Ordinal);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
