using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class TokenEndpointErrorTests : IDisposable
{
    private readonly CiamPortalEmulator _portal = CreatePortal();

    public TokenEndpointErrorTests()
    {
        _portal.Application.Scopes = ["a", "b"];
    }

    public void Dispose() => _portal.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("scope=a")]
    [InlineData("grant_type=client_credentials&grant_type=client_credentials")]
    public async Task A_missing_or_repeated_grant_type_returns_invalid_request(string parameters)
    {
        using var response = await PostAsync(parameters);

        await response.AssertErrorAsync(400, ParameterError("invalid_request", "grant_type"));
    }

    [Theory]
    [InlineData("grant_type=")]
    [InlineData("grant_type=password")]
    [InlineData("grant_type=Client_Credentials")]
    public async Task Any_other_grant_type_returns_unsupported_grant_type(string parameters)
    {
        using var response = await PostAsync(parameters);

        await response.AssertErrorAsync(400, ParameterError("unsupported_grant_type", "grant_type"));
    }

    [Fact]
    public async Task A_repeated_scope_parameter_returns_invalid_request()
    {
        using var response = await PostAsync("grant_type=client_credentials&scope=a&scope=b");

        await response.AssertErrorAsync(400, ParameterError("invalid_request", "scope"));
    }

    [Theory]
    [InlineData("c")]
    [InlineData("a+c")]
    [InlineData("A")]
    [InlineData("a++b")]
    [InlineData("+a")]
    [InlineData("a+")]
    [InlineData("a%20")]
    [InlineData("a%2Cb")]
    public async Task A_scope_that_is_malformed_or_not_permitted_returns_invalid_scope(string scope)
    {
        using var response = await PostAsync("grant_type=client_credentials&scope=" + scope);

        await response.AssertErrorAsync(400, """{"error":"invalid_scope"}""");
    }

    [Fact]
    public async Task An_application_without_the_grant_returns_unauthorized_client()
    {
        _portal.Application.AllowsClientCredentials = false;

        using var response = await PostAsync("grant_type=client_credentials&scope=a");

        await response.AssertErrorAsync(400, """{"error":"unauthorized_client"}""");
    }

    [Fact]
    public async Task The_checks_run_in_the_servers_order()
    {
        var application = _portal.Application;
        application.AllowsClientCredentials = false;
        application.IsEnabled = false;
        string body = application.Credentials();

        await AssertNextAsync(body + "&scope=c&scope=d", 401, """{"error":"invalid_client"}""");
        application.IsEnabled = true;
        await AssertNextAsync(body + "&scope=c&scope=d", 400, ParameterError("invalid_request", "grant_type"));
        await AssertNextAsync(body + "&scope=c&scope=d&grant_type=x", 400, ParameterError("unsupported_grant_type", "grant_type"));
        body += "&grant_type=client_credentials";
        await AssertNextAsync(body + "&scope=c&scope=d", 400, ParameterError("invalid_request", "scope"));
        await AssertNextAsync(body + "&scope=c", 400, """{"error":"unauthorized_client"}""");
        application.AllowsClientCredentials = true;
        await AssertNextAsync(body + "&scope=c", 400, """{"error":"invalid_scope"}""");
    }

    private async Task AssertNextAsync(string body, int status, string error)
    {
        using var response = await _portal.PostTokenAsync(body);
        await response.AssertErrorAsync(status, error);
    }

    private Task<HttpResponseMessage> PostAsync(string parameters)
        => _portal.PostTokenAsync(_portal.Application.Credentials() + "&" + parameters);
}
