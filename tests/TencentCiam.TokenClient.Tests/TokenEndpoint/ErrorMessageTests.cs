using System.Net;
using System.Security.Authentication;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>
/// The exact messages: what happened, to which application, and what to do about it.
/// </summary>
public sealed class ErrorMessageTests
{
    private const string Application = "the application TENANT_CLIENT_ID at https://sample.portal.tencentciam.com/";

    [Theory]
    [InlineData(200, "<html>", "text/html", "The CIAM portal answered the request of @ with something else than a JSON object (text/html), or with one whose members contradict each other. Either a proxy or a login page answers in its place, or the option Authority is not the address of a CIAM portal.")]
    [InlineData(200, "{}", "application/json", "The CIAM portal answered the request of @ without an access_token. Check that the option Authority is the address of a CIAM portal.")]
    [InlineData(200, """{"access_token":"a"}""", "application/json", "The CIAM portal answered the request of @ with a token whose token_type is missing, and only Bearer is understood. Check the application's settings in the CIAM console.")]
    [InlineData(200, """{"access_token":"a","token_type":"mac"}""", "application/json", "The CIAM portal answered the request of @ with a token whose token_type is \"mac\", and only Bearer is understood. Check the application's settings in the CIAM console.")]
    [InlineData(200, """{"access_token":"a b","token_type":"Bearer"}""", "application/json", "The CIAM portal answered the request of @ with an access_token that has characters no bearer token may have (RFC 6750 section 2.1). Check that the option Authority is the address of a CIAM portal.")]
    [InlineData(404, "", null, "The CIAM portal answered the request of @ with HTTP 404 and no OAuth error (no Content-Type). Check that the option Authority is the address of a CIAM portal, with no path behind it, and that no proxy or firewall answers in its place.")]
    [InlineData(307, "", null, "The CIAM portal redirected the request of @ (HTTP 307) to nowhere. That is not followed, because the secret would go there. Set the option Authority to the address where the portal really is.")]
    [InlineData(503, "", null, "The CIAM portal cannot serve @ at the moment (HTTP 503). If it goes on, ask the tenant's administrator for the state of the portal.")]
    [InlineData(429, "", null, "CIAM limits the rate of token requests of @ (HTTP 429). See that every process caches its tokens, and ask the tenant's administrator for the limit if it goes on.")]
    [InlineData(401, "", null, "CIAM refused @ (invalid_client): it does not exist there, is switched off in the console, or its secret is wrong. In the CIAM console, find the application by its Client ID, see that it is switched on, and compare its secret with the option ClientSecret; if it is not there, the option ClientId or Authority is wrong.")]
    [InlineData(400, """{"error":"unauthorized_client"}""", null, "CIAM does not let @ use the client credentials grant (unauthorized_client). In the CIAM console it must be a Web or machine-to-machine (M2M) application with the grant client_credentials switched on.")]
    [InlineData(400, """{"error":"invalid_scope"}""", null, "CIAM refused a request without a scope for @ (invalid_scope). In the CIAM console, see which scopes the application may ask for; correct the option Scope or permit the scope there.")]
    [InlineData(400, """{"error":"invalid_request"}""", null, "CIAM refused the request of @ with the error code \"invalid_request\" (HTTP 400). It will not pass by itself: see RFC 6749 section 5.2 for the code, and check that the option Authority is the address of a CIAM portal.")]
    [InlineData(400, """{"error":"server_error"}""", null, "CIAM refused the request of @ with the error code \"server_error\" (HTTP 400). This may pass by itself; if it does not, ask the tenant's administrator for the state of the portal.")]
    public async Task The_message_for_a_response_without_a_token_says_what_to_do(int status, string body, string? contentType, string message)
        => Assert.Equal(Expected(message), await MessageAsync((HttpStatusCode)status, body, contentType));

    [Theory]
    [InlineData("/login", "a relative address")]
    [InlineData("https://elsewhere.example.com/login?state=1", "https://elsewhere.example.com")]
    public async Task The_message_for_a_redirect_names_its_target(string location, string where)
        => Assert.Equal(
            Expected($"The CIAM portal redirected the request of @ (HTTP 302) to {where}. That is not followed, because the secret would go there. Set the option Authority to the address where the portal really is."),
            await MessageAsync(
                HttpStatusCode.Found, "", null, response => response.Headers.Location = new Uri(location, UriKind.RelativeOrAbsolute)));

    [Fact]
    public async Task The_message_for_a_compressed_response_names_its_encoding()
        => Assert.Equal(
            Expected("The CIAM portal answered the request of @ with something else than a JSON object (application/json, Content-Encoding gzip, br), or with one whose members contradict each other. Either a proxy or a login page answers in its place, or the option Authority is not the address of a CIAM portal."),
            await MessageAsync(
                HttpStatusCode.OK, "x", "application/json", response => response.Content.Headers.TryAddWithoutValidation("Content-Encoding", "gzip, br")));

    [Fact]
    public async Task The_message_for_an_oversized_response_names_the_limit()
        => Assert.Equal(
            Expected("The CIAM portal answered the request of @ with more than 1048576 bytes (application/json). Check that the option Authority is the address of a CIAM portal."),
            await MessageAsync(HttpStatusCode.OK, new string(' ', 1_048_577), "application/json"));

    [Fact]
    public async Task The_message_for_an_exception_says_what_to_do()
    {
        Assert.Equal(
            Expected("The CIAM portal could not be reached for @, or the connection broke: No such host is known. Check the option Authority, and that this machine reaches the portal (DNS, proxy, firewall)."),
            (await WireClient.JudgeThrownAsync(new HttpRequestException("Outer", new IOException("No such host is known.")))).Message);
        Assert.Equal(
            Expected("The certificate of the CIAM portal for @ is not trusted: The remote certificate is invalid. Nothing was sent. Check that the option Authority names the right host, that the portal's certificate is in force, and that this machine trusts its issuer."),
            (await WireClient.JudgeThrownAsync(new HttpRequestException(
                HttpRequestError.SecureConnectionError, "Outer", new AuthenticationException("The remote certificate is invalid.")))).Message);
        Assert.Equal(
            Expected("The request of @ to the CIAM portal failed with InvalidTimeZoneException. It was thrown by a handler of the token endpoint's HttpClient, such as a resilience handler: see the inner exception."),
            (await WireClient.JudgeThrownAsync(new InvalidTimeZoneException())).Message);
        Assert.Equal(
            Expected("The CIAM portal did not answer the request of @ within 10 s. Check that this machine reaches the portal (DNS, proxy, firewall); if the portal is slow, raise the option RequestTimeout."),
            (await WireClient.JudgeThrownAsync(new OperationCanceledException())).Message);
        Assert.Equal(
            Expected("The CIAM portal could not be reached for @, or the connection broke: The answer is not HTTP that can be read. Check the option Authority, and that this machine reaches the portal (DNS, proxy, firewall)."),
            (await WireClient.JudgeThrownAsync(new HttpRequestException(HttpRequestError.InvalidResponse, "Quoted"))).Message);
    }

    [Fact]
    public async Task The_message_for_a_malformed_scope_explains_the_syntax()
    {
        using var wire = new WireClient();

        var result = await wire.Client.RequestTokenAsync("orders.read  orders.write", TestContext.Current.CancellationToken);

        Assert.False(result.TryGetToken(out _, out var error));
        Assert.Equal(
            "Nothing was sent to CIAM, because the scope \"orders.read  orders.write\" is malformed (invalid_scope): write scope "
            + "tokens separated by single spaces, with no space at either end, no quotation marks, backslashes or characters "
            + "beyond ASCII (RFC 6749 section 3.3).",
            error.Message);
    }

    private static string Expected(string message) => message.Replace("@", Application, StringComparison.Ordinal);

    private static async Task<string> MessageAsync(
        HttpStatusCode status,
        string body,
        string? contentType,
        Action<HttpResponseMessage>? also = null)
    {
        var result = await WireClient.JudgeAsync(status, body, contentType, also);
        return Assert.IsType<CiamTokenResult.Failure>(result).Error.Message;
    }
}
