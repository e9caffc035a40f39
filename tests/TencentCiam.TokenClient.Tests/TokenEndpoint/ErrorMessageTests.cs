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
    [InlineData(200, "<html>", "text/html", "The CIAM portal responded to the request of @ with something other than a JSON object, or with conflicting duplicate members (text/html). Either a proxy or a login page responds in its place, or the option Authority is not the address of a CIAM portal.")]
    [InlineData(200, "{}", "application/json", "The CIAM portal responded to the request of @ without an access_token. Check that the option Authority is the address of a CIAM portal.")]
    [InlineData(200, """{"access_token":"a"}""", "application/json", "The CIAM portal responded to the request of @ with a token whose token_type is missing; only Bearer is supported. Check the application's settings in the CIAM console.")]
    [InlineData(200, """{"access_token":"a","token_type":"mac"}""", "application/json", "The CIAM portal responded to the request of @ with a token whose token_type is \"mac\"; only Bearer is supported. Check the application's settings in the CIAM console.")]
    [InlineData(200, """{"access_token":"a b","token_type":"Bearer"}""", "application/json", "The CIAM portal responded to the request of @ with an access_token that contains characters which a bearer token cannot have (RFC 6750 section 2.1). Check that the option Authority is the address of a CIAM portal.")]
    [InlineData(404, "", null, "The CIAM portal responded to the request of @ with HTTP 404 and no OAuth error (no Content-Type). Check that the option Authority is the address of a CIAM portal with no extra path, and that no proxy or firewall responds in its place.")]
    [InlineData(307, "", null, "The CIAM portal redirected the request of @ (HTTP 307) to nowhere. The redirect was not followed, because that would send the secret there. Set the option Authority to the portal's actual address.")]
    [InlineData(503, "", null, "The CIAM portal currently cannot serve @ (HTTP 503). If this persists, ask the tenant's administrator about the state of the portal.")]
    [InlineData(429, "", null, "CIAM limits the rate of token requests for @ (HTTP 429). Make sure that every process caches its tokens. If this persists, ask the tenant's administrator for the limit.")]
    [InlineData(401, "", null, "CIAM rejected @ (invalid_client): it does not exist, is switched off in the console, or its secret is wrong. In the CIAM console, find the application by its Client ID, make sure that it is switched on, and compare its secret with the option ClientSecret. If it is not there, the option ClientId or Authority is wrong.")]
    [InlineData(400, """{"error":"unauthorized_client"}""", null, "CIAM does not allow @ to use the client credentials grant (unauthorized_client). In the CIAM console, it must be a Web or machine-to-machine (M2M) application with the grant client_credentials enabled.")]
    [InlineData(400, """{"error":"invalid_scope"}""", null, "CIAM rejected a request without a scope for @ (invalid_scope). In the CIAM console, check which scopes the application may request, and either correct the option Scope or permit the scope there.")]
    [InlineData(400, """{"error":"invalid_request"}""", null, "CIAM rejected the request of @ with the error code \"invalid_request\" (HTTP 400). Retrying will not help: see RFC 6749 section 5.2 for the code, and check that the option Authority is the address of a CIAM portal.")]
    [InlineData(400, """{"error":"server_error"}""", null, "CIAM rejected the request of @ with the error code \"server_error\" (HTTP 400). The request may succeed later. If this persists, ask the tenant's administrator about the state of the portal.")]
    public async Task The_message_for_a_response_without_a_token_says_what_to_do(int status, string body, string? contentType, string message)
        => Assert.Equal(Expected(message), await MessageAsync((HttpStatusCode)status, body, contentType));

    [Theory]
    [InlineData("/login", "a relative address")]
    [InlineData("https://elsewhere.example.com/login?state=1", "https://elsewhere.example.com")]
    public async Task The_message_for_a_redirect_names_its_target(string location, string where)
        => Assert.Equal(
            Expected($"The CIAM portal redirected the request of @ (HTTP 302) to {where}. The redirect was not followed, because that would send the secret there. Set the option Authority to the portal's actual address."),
            await MessageAsync(
                HttpStatusCode.Found, "", null, response => response.Headers.Location = new Uri(location, UriKind.RelativeOrAbsolute)));

    [Fact]
    public async Task The_message_for_a_compressed_response_names_its_encoding()
        => Assert.Equal(
            Expected("The CIAM portal responded to the request of @ with something other than a JSON object, or with conflicting duplicate members (application/json, Content-Encoding gzip, br). Either a proxy or a login page responds in its place, or the option Authority is not the address of a CIAM portal."),
            await MessageAsync(
                HttpStatusCode.OK, "x", "application/json", response => response.Content.Headers.TryAddWithoutValidation("Content-Encoding", "gzip, br")));

    [Fact]
    public async Task The_message_for_an_oversized_response_names_the_limit()
        => Assert.Equal(
            Expected("The CIAM portal responded to the request of @ with more than 1048576 bytes (application/json). Check that the option Authority is the address of a CIAM portal."),
            await MessageAsync(HttpStatusCode.OK, new string(' ', 1_048_577), "application/json"));

    [Fact]
    public async Task The_message_for_an_exception_says_what_to_do()
    {
        Assert.Equal(
            Expected("The CIAM portal could not be reached for @, or the connection broke: No such host is known. Check the option Authority, and that this machine can reach the portal (DNS, proxy, firewall)."),
            (await WireClient.JudgeThrownAsync(new HttpRequestException("Outer", new IOException("No such host is known.")))).Message);
        Assert.Equal(
            Expected("The certificate of the CIAM portal for @ is not trusted: The remote certificate is invalid. Nothing was sent. Check that the option Authority names the right host, that the portal's certificate is valid, and that this machine trusts its issuer."),
            (await WireClient.JudgeThrownAsync(new HttpRequestException(
                HttpRequestError.SecureConnectionError, "Outer", new AuthenticationException("The remote certificate is invalid.")))).Message);
        Assert.Equal(
            Expected("The request of @ to the CIAM portal failed with InvalidTimeZoneException. A handler of the token endpoint's HttpClient threw it, such as a resilience handler: see the inner exception."),
            (await WireClient.JudgeThrownAsync(new InvalidTimeZoneException())).Message);
        Assert.Equal(
            Expected("The CIAM portal did not respond to the request of @ within 10 s. Check that this machine can reach the portal (DNS, proxy, firewall). If the portal is slow, raise the option RequestTimeout."),
            (await WireClient.JudgeThrownAsync(new OperationCanceledException())).Message);
        Assert.Equal(
            Expected("The CIAM portal could not be reached for @, or the connection broke: The response is not valid HTTP. Check the option Authority, and that this machine can reach the portal (DNS, proxy, firewall)."),
            (await WireClient.JudgeThrownAsync(new HttpRequestException(HttpRequestError.InvalidResponse, "Quoted"))).Message);
    }

    [Fact]
    public async Task The_message_for_a_malformed_scope_explains_the_syntax()
    {
        using var wire = new WireClient();

        var result = await wire.Client.RequestTokenAsync("orders.read  orders.write", TestContext.Current.CancellationToken);

        Assert.False(result.TryGetToken(out _, out var error));
        Assert.Equal(
            "Nothing was sent to CIAM, because the scope \"orders.read  orders.write\" is malformed (invalid_scope): write "
            + "scopes separated by single spaces, with no leading or trailing space, and without quotation marks, backslashes or "
            + "non-ASCII characters (RFC 6749 section 3.3).",
            error.Message);
    }

    [Fact]
    public async Task A_rejected_scope_with_a_comma_says_that_spaces_separate_scopes()
    {
        var result = await WireClient.JudgeAsync(
            HttpStatusCode.BadRequest, """{"error":"invalid_scope"}""", null, scope: "orders.read,orders.write");

        Assert.EndsWith(
            " Several scopes are separated by spaces, not by commas.",
            Assert.IsType<CiamTokenResult.Failure>(result).Error.Message,
            StringComparison.Ordinal);
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
