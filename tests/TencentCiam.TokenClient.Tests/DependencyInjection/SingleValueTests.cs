using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace TencentCiam.TokenClient.Tests.DependencyInjection;

/// <summary>Each option is a single value; an empty one is not set.</summary>
public sealed class SingleValueTests
{
    private const string Required = """
        "Authority": "https://login.example.com", "ClientId": "id", "ClientSecret": "s3cr3t-of-the-tenant"
        """;

    [Theory]
    [InlineData("Scope", """["orders.read"]""", "scopes separated by single spaces")]
    [InlineData("scope", """["orders.read", "orders.write"]""", "scopes separated by single spaces")]
    [InlineData("Authority", """{ "Url": "https://login.example.com" }""", "an absolute URL")]
    [InlineData("ClientId", """["id"]""", "the Client ID")]
    [InlineData("ClientSecret", """{ "Value": "s3cr3t" }""", "the secret shown")]
    [InlineData("RequestTimeout", """{ "Seconds": 10 }""", "00:00:10")]
    [InlineData("ClientAuthentication", """["ClientSecretPost"]""", "ClientSecretBasic")]
    [InlineData("AllowInsecureHttp", """{ "Portal": true }""", "true or false")]
    [InlineData("StartupMode", """["Warm"]""", "Lazy, Warm or Required")]
    [InlineData("KeepWarm", """{ "Night": true }""", "true or false")]
    public void A_list_or_a_section_instead_of_a_value_is_a_fault_that_says_what_to_write(
        string setting, string json, string instead)
    {
        var thrown = Assert.Throws<OptionsValidationException>(() => Bind($$"""{ "Ciam": { "{{setting}}": {{json}} } }"""));

        Assert.Contains($"{setting} must be a single value", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(instead, thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_that_a_later_source_adds_to_a_value_is_a_fault_too()
    {
        var thrown = Assert.Throws<OptionsValidationException>(() => Bind(
            $$"""{ "Ciam": { {{Required}}, "Scope": "orders.read" } }""", """{ "Ciam": { "Scope": ["orders.write"] } }"""));

        Assert.Contains("Scope must be a single value", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Scope")]
    [InlineData("scope")]
    [InlineData("Authority")]
    [InlineData("RequestTimeout")]
    public void The_section_of_a_client_that_is_named_like_an_option_is_not_a_fault(string name)
    {
        var unnamed = Bind($$"""{ "Ciam": { {{Required}} } }""", $$"""{ "Ciam": { "{{name}}": { "clientid": "id" } } }""");

        Assert.Null(unnamed.Scope);
        Assert.Equal(TimeSpan.FromSeconds(10), unnamed.RequestTimeout);
        Assert.Equal("login.example.com", unnamed.Authority!.Host);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void An_empty_value_leaves_the_option_as_it_is(string empty)
    {
        var options = Bind($$"""
            {
              "Ciam": {
                {{Required}}, "RefreshBeforeExpiration": {{empty}}, "ExpirationMargin": {{empty}}, "RequestTimeout": {{empty}},
                "AcquisitionTimeout": {{empty}}, "ClientAuthentication": {{empty}}, "AllowInsecureHttp": {{empty}},
                "StartupMode": {{empty}}, "KeepWarm": {{empty}}
              }
            }
            """);

        Assert.Null(options.RefreshBeforeExpiration);
        Assert.Null(options.ExpirationMargin);
        Assert.Equal(TimeSpan.FromSeconds(10), options.RequestTimeout);
        Assert.Equal(TimeSpan.FromSeconds(30), options.AcquisitionTimeout);
        Assert.Equal(CiamClientAuthentication.ClientSecretPost, options.ClientAuthentication);
        Assert.False(options.AllowInsecureHttp);
        Assert.Equal(CiamStartupMode.Lazy, options.StartupMode);
        Assert.False(options.KeepWarm);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void An_empty_scope_replaces_one_of_an_earlier_source(string empty)
    {
        var options = Bind(
            $$"""{ "Ciam": { {{Required}}, "Scope": "orders.read" } }""", $$"""{ "Ciam": { "Scope": {{empty}} } }""");

        Assert.True(string.IsNullOrEmpty(options.Scope));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void An_empty_value_of_a_required_option_is_reported_as_missing(string empty)
    {
        var thrown = Assert.Throws<OptionsValidationException>(() => Bind(
            $$"""{ "Ciam": { "Authority": {{empty}}, "ClientId": {{empty}}, "ClientSecret": {{empty}} } }"""));

        Assert.Contains("Authority is missing", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("ClientId is missing", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("ClientSecret is missing", thrown.Message, StringComparison.Ordinal);
    }

    private static CiamClientCredentialsOptions Bind(params string[] sources)
    {
        var configuration = new ConfigurationBuilder();
        foreach (var source in sources)
        {
            configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(source)));
        }

        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration.Build());
        services.AddCiamClientCredentials();
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<CiamClientCredentialsOptions>>().CurrentValue;
    }
}
