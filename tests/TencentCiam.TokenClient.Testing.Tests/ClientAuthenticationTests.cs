using System.Text;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class ClientAuthenticationTests : IDisposable
{
    private const string Grant = "grant_type=client_credentials";

    private readonly CiamPortalEmulator _portal = CreatePortal();
    private readonly CiamPortalApplication _application;

    public ClientAuthenticationTests()
    {
        _application = _portal.AddApplication("id with space", "a+b/c=:d%");
    }

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task Credentials_in_the_body_are_form_decoded()
    {
        using var response = await _portal.PostTokenAsync(
            "client_id=id+with%20space&client_secret=a%2Bb%2Fc%3D%3Ad%25&" + Grant);

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task Credentials_in_a_Basic_header_are_form_decoded()
    {
        using var response = await _portal.PostTokenAsync(Grant, Basic("id+with+space:a%2Bb%2Fc%3D%3Ad%25"));

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task The_scheme_Basic_is_case_insensitive()
    {
        using var response = await _portal.PostTokenAsync(Grant, Basic("id+with+space:a%2Bb%2Fc%3D%3Ad%25", "bAsIc"));

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task An_unencoded_plus_is_read_as_a_space()
    {
        using var inBasic = await _portal.PostTokenAsync(Grant, Basic("id+with+space:a+b%2Fc%3D%3Ad%25"));
        using var inBody = await _portal.PostTokenAsync("client_id=id+with+space&client_secret=a+b%2Fc%3D%3Ad%25&" + Grant);

        await inBasic.AssertErrorAsync(401, """{"error":"invalid_client"}""");
        await inBody.AssertErrorAsync(401, """{"error":"invalid_client"}""");
    }

    [Fact]
    public async Task A_client_that_does_not_encode_a_generated_secret_is_rejected()
    {
        var application = _portal.Application;

        using var response = await _portal.PostTokenAsync(
            Grant,
            Basic($"{application.ClientId}:{application.ClientSecret}"));

        await response.AssertErrorAsync(401, """{"error":"invalid_client"}""");
    }

    [Theory]
    [InlineData("client_id=unknown&client_secret=x")]
    [InlineData("client_id=id+with+space&client_secret=x")]
    [InlineData("client_id=ID+with+space&client_secret=a%2Bb%2Fc%3D%3Ad%25")]
    public async Task An_unknown_application_or_a_wrong_secret_returns_invalid_client(string credentials)
    {
        using var response = await _portal.PostTokenAsync(credentials + "&" + Grant);

        await response.AssertErrorAsync(401, """{"error":"invalid_client"}""");
    }

    [Fact]
    public async Task A_disabled_application_returns_invalid_client()
    {
        _application.IsEnabled = false;

        using var response = await _portal.PostTokenAsync(_application.TokenRequest());

        await response.AssertErrorAsync(401, """{"error":"invalid_client"}""");
    }

    [Fact]
    public async Task A_changed_secret_replaces_the_old_one()
    {
        var before = _application.TokenRequest();
        _application.ClientSecret = "rotated";

        using var old = await _portal.PostTokenAsync(before);
        using var rotated = await _portal.PostTokenAsync(_application.TokenRequest());

        await old.AssertErrorAsync(401, """{"error":"invalid_client"}""");
        Assert.Equal(200, (int)rotated.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("client_id=id+with+space")]
    [InlineData("client_secret=a%2Bb%2Fc%3D%3Ad%25")]
    [InlineData("client_id=id+with+space&client_secret=")]
    public async Task A_request_without_credentials_returns_a_401_without_body_and_challenge(string credentials)
    {
        using var response = await _portal.PostTokenAsync(credentials + "&" + Grant);

        await AssertBare401Async(response);
    }

    [Fact]
    public async Task A_Bearer_header_does_not_count_as_credentials()
    {
        using var response = await _portal.PostTokenAsync(Grant, "Bearer abc");

        await AssertBare401Async(response);
    }

    [Fact]
    public async Task Credentials_in_a_body_that_is_not_a_form_are_ignored()
    {
        using var request = _portal.Post(TokenPath, _application.TokenRequest(), contentType: "text/plain");

        using var response = await _portal.SendAsync(request);

        await AssertBare401Async(response);
    }

    [Fact]
    public async Task Credentials_in_a_Basic_header_take_precedence_over_the_body()
    {
        using var rightHeader = await _portal.PostTokenAsync(
            "client_id=unknown&client_secret=x&" + Grant,
            Basic("id+with+space:a%2Bb%2Fc%3D%3Ad%25"));
        using var wrongHeader = await _portal.PostTokenAsync(_application.TokenRequest(), Basic("id+with+space:wrong"));

        Assert.Equal(200, (int)rightHeader.StatusCode);
        await wrongHeader.AssertErrorAsync(401, """{"error":"invalid_client"}""");
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("Basic !!!")]
    [InlineData("Basic aWQ=")]
    [InlineData("Basic aWQ6")]
    [InlineData("Basic OnNlY3JldA==")]
    [InlineData("Basic YTpi YTpi")]
    [InlineData("Basic YTpiY=")]
    public async Task A_malformed_Basic_header_returns_invalid_request(string authorization)
    {
        using var response = await _portal.PostTokenAsync(_application.TokenRequest(), authorization);

        await response.AssertErrorAsync(400, """{"error":"invalid_request"}""");
    }

    [Theory]
    [InlineData("50%off")]
    [InlineData("50%")]
    [InlineData("50%5")]
    [InlineData("50%25%zz")]
    public async Task A_part_of_a_Basic_header_that_is_not_valid_form_encoding_returns_invalid_request(string part)
    {
        _portal.AddApplication("discounts", part);
        _portal.AddApplication(part, "discounts");

        using var secret = await _portal.PostTokenAsync(Grant, Basic("discounts:" + part));
        using var id = await _portal.PostTokenAsync(Grant, Basic(part + ":discounts"));

        await secret.AssertErrorAsync(400, """{"error":"invalid_request"}""");
        await id.AssertErrorAsync(400, """{"error":"invalid_request"}""");
    }

    [Fact]
    public async Task A_Basic_header_without_base64_padding_is_accepted()
    {
        _portal.AddApplication("a", "bc");
        _portal.AddApplication("a2", "bc");

        using var oneMissing = await _portal.PostTokenAsync(Grant, "Basic YTI6YmM");
        using var twoMissing = await _portal.PostTokenAsync(Grant, "Basic YTpiYw");

        Assert.Equal(200, (int)oneMissing.StatusCode);
        Assert.Equal(200, (int)twoMissing.StatusCode);
    }

    [Theory]
    [InlineData("client_id=x")]
    [InlineData("client_secret=x")]
    public async Task Repeated_credentials_return_invalid_request(string repeated)
    {
        using var response = await _portal.PostTokenAsync(_application.TokenRequest() + "&" + repeated);

        await response.AssertErrorAsync(400, """{"error":"invalid_request"}""");
    }

    private static string Basic(string pair, string scheme = "Basic")
        => $"{scheme} {Convert.ToBase64String(Encoding.UTF8.GetBytes(pair))}";

    private static async Task AssertBare401Async(HttpResponseMessage response)
    {
        Assert.Equal(401, (int)response.StatusCode);
        Assert.Empty(await response.BodyAsync());
        Assert.Null(response.RawContentType());
        Assert.Empty(response.Headers.WwwAuthenticate);
    }
}
