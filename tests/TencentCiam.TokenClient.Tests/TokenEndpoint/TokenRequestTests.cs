using System.Net;
using System.Text;
using RichardSzalay.MockHttp;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

public sealed class TokenRequestTests
{
    private const string SecretWithSpecialCharacters = "a/b+c=d&e%f é~";

    [Fact]
    public async Task The_request_matches_the_documented_one_byte_for_byte()
    {
        using var wire = await SentAsync(options => options.Scope = "identity_proofing");

        Assert.Equal(HttpMethod.Post, wire.Sent!.Method);
        Assert.Equal("https://sample.portal.tencentciam.com/oauth2/token", wire.Sent.RequestUri!.AbsoluteUri);
        Assert.Equal("application/json", wire.Sent.Headers.Accept.ToString());
        Assert.Equal("application/x-www-form-urlencoded", wire.Sent.Content!.Headers.ContentType!.ToString());
        Assert.Equal(
            "grant_type=client_credentials&client_id=TENANT_CLIENT_ID&client_secret=TENANT_CLIENT_SECRET&scope=identity_proofing",
            wire.SentBody);
        Assert.Null(wire.Sent.Headers.Authorization);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task Without_a_scope_there_is_no_scope_parameter(string? scope)
    {
        using var wire = await SentAsync(options => options.Scope = scope);

        Assert.Equal(
            "grant_type=client_credentials&client_id=TENANT_CLIENT_ID&client_secret=TENANT_CLIENT_SECRET", wire.SentBody);
    }

    [Fact]
    public async Task A_scope_passed_to_the_call_overrides_the_clients_scope()
    {
        using var wire = await SentAsync(options => options.Scope = "identity_proofing", scope: "orders.read orders.write");

        Assert.EndsWith("&scope=orders.read+orders.write", wire.SentBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Special_characters_in_a_secret_survive_the_form_encoding()
    {
        using var wire = await SentAsync(options => options.ClientSecret = SecretWithSpecialCharacters);

        Assert.Contains("client_secret=a%2Fb%2Bc%3Dd%26e%25f+%C3%A9~", wire.SentBody, StringComparison.Ordinal);
        Assert.Equal(SecretWithSpecialCharacters, FormDecode(wire.SentBody!.Split("client_secret=")[1]));
    }

    [Fact]
    public async Task Basic_authentication_sends_the_documented_header_and_no_credentials_in_the_form()
    {
        using var wire = await SentAsync(options =>
        {
            options.ClientAuthentication = CiamClientAuthentication.ClientSecretBasic;
            options.Scope = "identity_proofing";
        });

        Assert.Equal(
            "Basic VEVOQU5UX0NMSUVOVF9JRDpURU5BTlRfQ0xJRU5UX1NFQ1JFVA==", wire.Sent!.Headers.Authorization!.ToString());
        Assert.Equal("grant_type=client_credentials&scope=identity_proofing", wire.SentBody);
    }

    [Fact]
    public async Task Special_characters_in_a_secret_survive_Basic_authentication()
    {
        using var wire = await SentAsync(options =>
        {
            options.ClientAuthentication = CiamClientAuthentication.ClientSecretBasic;
            options.ClientSecret = SecretWithSpecialCharacters;
        });

        var pair = Encoding.ASCII.GetString(Convert.FromBase64String(wire.Sent!.Headers.Authorization!.Parameter!));
        Assert.Equal("TENANT_CLIENT_ID:a%2Fb%2Bc%3Dd%26e%25f+%C3%A9~", pair);
        Assert.Equal(SecretWithSpecialCharacters, FormDecode(pair.Split(':')[1]));
    }

    [Theory]
    [InlineData("https://login.example.com", "https://login.example.com/oauth2/token")]
    [InlineData("https://login.example.com/", "https://login.example.com/oauth2/token")]
    [InlineData("https://login.example.com/tenant", "https://login.example.com/tenant/oauth2/token")]
    [InlineData("https://login.example.com:8443/tenant/", "https://login.example.com:8443/tenant/oauth2/token")]
    [InlineData("http://127.0.0.1:5000", "http://127.0.0.1:5000/oauth2/token")]
    public async Task The_token_endpoint_path_is_appended_to_the_authority(string authority, string endpoint)
    {
        using var wire = await SentAsync(options => options.Authority = new Uri(authority));

        Assert.Equal(endpoint, wire.Sent!.RequestUri!.AbsoluteUri);
    }

    [Theory]
    [InlineData("a  b")]
    [InlineData(" a")]
    [InlineData("a ")]
    [InlineData("a\tb")]
    [InlineData("a\"b")]
    [InlineData("a\\b")]
    [InlineData("é")]
    [InlineData(" ")]
    public async Task A_malformed_scope_returns_InvalidScope_without_a_request(string scope)
    {
        using var wire = new WireClient();

        var result = await wire.Client.RequestTokenAsync(scope, TestContext.Current.CancellationToken);

        var error = Assert.IsType<CiamTokenError.InvalidScope>(Assert.IsType<CiamTokenResult.Failure>(result).Error);
        Assert.Equal(scope, error.RequestedScope);
        Assert.Null(error.StatusCode);
        Assert.Contains("single spaces", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\t', error.Message);
        Assert.Null(wire.Sent);
    }

    [Fact]
    public async Task Revocation_sends_the_credentials_and_the_token_without_a_hint()
    {
        using var wire = new WireClient();
        wire.Endpoint.When("*").Respond(HttpStatusCode.OK);

        var error = await wire.Client.RevokeTokenAsync("header.payload.signature", TestContext.Current.CancellationToken);

        Assert.Null(error);
        Assert.Equal("https://sample.portal.tencentciam.com/oauth2/revoke", wire.Sent!.RequestUri!.AbsoluteUri);
        Assert.Equal(
            "client_id=TENANT_CLIENT_ID&client_secret=TENANT_CLIENT_SECRET&token=header.payload.signature", wire.SentBody);
    }

    [Fact]
    public async Task Revocation_supports_Basic_authentication()
    {
        using var wire = new WireClient(
            options => options.ClientAuthentication = CiamClientAuthentication.ClientSecretBasic);
        wire.Endpoint.When("*").Respond(HttpStatusCode.OK);

        await wire.Client.RevokeTokenAsync("t", TestContext.Current.CancellationToken);

        Assert.Equal("Basic", wire.Sent!.Headers.Authorization!.Scheme);
        Assert.Equal("token=t", wire.SentBody);
    }

    private static async Task<WireClient> SentAsync(
        Action<CiamClientCredentialsOptions> configure,
        string? scope = null)
    {
        var wire = new WireClient(configure);
        wire.Endpoint.When("*").Respond("application/json", Documented.Response);
        var result = await wire.Client.RequestTokenAsync(scope, TestContext.Current.CancellationToken);
        Assert.IsType<CiamTokenResult.Success>(result);
        return wire;
    }

    private static string FormDecode(string value) => WebUtility.UrlDecode(value);
}
