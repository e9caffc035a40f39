using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace TencentCiam.TokenClient.Tests.DependencyInjection;

public sealed class OptionsTests
{
    private const string Secret = "s3cr3t-of-the-tenant";

    [Fact]
    public void All_options_are_bound_from_the_Ciam_section()
    {
        using var services = Configured(new()
        {
            ["Ciam:Authority"] = "https://login.example.com",
            ["Ciam:ClientId"] = "id",
            ["Ciam:ClientSecret"] = Secret,
            ["Ciam:Scope"] = "orders.read",
            ["Ciam:ClientAuthentication"] = "ClientSecretBasic",
            ["Ciam:RefreshBeforeExpiration"] = "00:01:00",
            ["Ciam:ExpirationMargin"] = "00:00:05",
            ["Ciam:RequestTimeout"] = "00:00:03",
            ["Ciam:AcquisitionTimeout"] = "00:00:20",
            ["Ciam:AllowInsecureHttp"] = "true",
            ["Ciam:StartupMode"] = "required",
            ["Ciam:KeepWarm"] = "true",
        });

        var options = OptionsOf(services);

        Assert.Equal(new Uri("https://login.example.com"), options.Authority);
        Assert.Equal("id", options.ClientId);
        Assert.Equal(Secret, options.ClientSecret);
        Assert.Equal("orders.read", options.Scope);
        Assert.Equal(CiamClientAuthentication.ClientSecretBasic, options.ClientAuthentication);
        Assert.Equal(TimeSpan.FromMinutes(1), options.RefreshBeforeExpiration);
        Assert.Equal(TimeSpan.FromSeconds(5), options.ExpirationMargin);
        Assert.Equal(TimeSpan.FromSeconds(3), options.RequestTimeout);
        Assert.Equal(TimeSpan.FromSeconds(20), options.AcquisitionTimeout);
        Assert.True(options.AllowInsecureHttp);
        Assert.Equal(CiamStartupMode.Required, options.StartupMode);
        Assert.True(options.KeepWarm);
    }

    [Fact]
    public void Options_that_are_not_configured_have_their_defaults()
    {
        using var services = Configured(Valid());

        var options = OptionsOf(services);

        Assert.Null(options.Scope);
        Assert.Equal(CiamClientAuthentication.ClientSecretPost, options.ClientAuthentication);
        Assert.Null(options.RefreshBeforeExpiration);
        Assert.Null(options.ExpirationMargin);
        Assert.Equal(TimeSpan.FromSeconds(10), options.RequestTimeout);
        Assert.Equal(TimeSpan.FromSeconds(30), options.AcquisitionTimeout);
        Assert.False(options.AllowInsecureHttp);
        Assert.Equal(CiamStartupMode.Lazy, options.StartupMode);
        Assert.False(options.KeepWarm);
    }

    [Fact]
    public async Task A_host_with_missing_options_does_not_start_and_reports_all_of_them()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddCiamClientCredentials();
        builder.Services.AddCiamClientCredentials("partners");
        using var host = builder.Build();

        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync(TestContext.Current.CancellationToken));

        var messages = Assert.IsType<AggregateException>(thrown).InnerExceptions
            .Select(inner => Assert.IsType<OptionsValidationException>(inner).Message).ToArray();
        Assert.Equal(2, messages.Length);
        foreach (var (message, client, path) in messages.Zip(["(unnamed)", "\"partners\""], (string[])["Ciam", "Ciam:partners"]))
        {
            Assert.Contains($"{path}:ClientSecret ", message, StringComparison.Ordinal);
            Assert.Contains(
                $"environment variable {path.Replace(":", "__", StringComparison.Ordinal)}__ClientSecret)",
                message,
                StringComparison.Ordinal);
            Assert.Contains(client, message, StringComparison.Ordinal);
            Assert.Contains("Authority is missing", message, StringComparison.Ordinal);
            Assert.Contains("ClientId is missing", message, StringComparison.Ordinal);
            Assert.Contains("ClientSecret is missing", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Authority", "")]
    [InlineData("Authority", "login.example.com")]
    [InlineData("Authority", "/tenant")]
    [InlineData("Authority", "ftp://login.example.com")]
    [InlineData("Authority", "http://login.example.com")]
    [InlineData("Authority", "https://user@login.example.com")]
    [InlineData("Authority", "https://login.example.com?tenant=1")]
    [InlineData("Authority", "https://login.example.com/#top")]
    [InlineData("Authority", "https://login.example.com/oauth2/token")]
    [InlineData("ClientId", "")]
    [InlineData("ClientId", "id\n")]
    [InlineData("ClientSecret", " ")]
    [InlineData("ClientSecret", "s3cr3t\r\n")]
    [InlineData("ClientSecret", " s3cr3t")]
    [InlineData("ClientSecret", "s3\tcr3t")]
    [InlineData("Scope", "a  b")]
    [InlineData("Scope", "a,\"b\"")]
    [InlineData("ClientAuthentication", "7")]
    [InlineData("StartupMode", "7")]
    [InlineData("RefreshBeforeExpiration", "-00:00:01")]
    [InlineData("RefreshBeforeExpiration", "60")]
    [InlineData("ExpirationMargin", "-00:00:01")]
    [InlineData("ExpirationMargin", "5")]
    [InlineData("RequestTimeout", "00:00:00")]
    [InlineData("RequestTimeout", "-00:00:00.0010000")]
    [InlineData("RequestTimeout", "10")]
    [InlineData("AcquisitionTimeout", "00:00:00")]
    [InlineData("AcquisitionTimeout", "30")]
    public void A_malformed_option_is_named_without_repeating_the_secret(string property, string value)
    {
        var settings = Valid();
        settings[$"Ciam:{property}"] = value;
        using var services = Configured(settings);

        var thrown = Assert.Throws<OptionsValidationException>(() => OptionsOf(services));

        Assert.Contains("(unnamed)", thrown.Message, StringComparison.Ordinal);
        Assert.Contains($"{property} ", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3\tcr3t", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RequestTimeout", "soon", "00:00:10")]
    [InlineData("requesttimeout", "soon", "00:00:10")]
    [InlineData("RefreshBeforeExpiration", "a fifth", "00:00:10")]
    [InlineData("AllowInsecureHttp", "perhaps", "true or false")]
    [InlineData("ClientAuthentication", "Basic", "ClientSecretBasic")]
    [InlineData("StartupMode", "Eager", "Lazy, Warm or Required")]
    [InlineData("KeepWarm", "always", "true or false")]
    [InlineData("Authority", "https://[bad", "https://sample")]
    public void A_value_that_cannot_be_read_is_reported_together_with_all_other_errors(string setting, string value, string instead)
    {
        var settings = Valid();
        settings[$"Ciam:{setting}"] = value;
        settings["Ciam:ClientId"] = "";
        using var services = Configured(settings);

        var thrown = Assert.Throws<OptionsValidationException>(() => OptionsOf(services));

        Assert.Contains("(unnamed)", thrown.Message, StringComparison.Ordinal);
        Assert.Contains($"{setting} has a value that cannot be read", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(instead, thrown.Message, StringComparison.Ordinal);
        Assert.Contains("ClientId is missing", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_clients_section_inside_the_unnamed_clients_section_is_valid()
    {
        var settings = Valid();
        settings["Ciam:scope:ClientId"] = "of a client named scope";
        using var services = Configured(settings);

        Assert.Null(OptionsOf(services).Scope);
    }

    [Theory]
    [InlineData("https://login.example.com")]
    [InlineData("https://login.example.com/tenant/")]
    [InlineData("http://localhost:5000")]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://[::1]:5000")]
    public void A_valid_authority_is_accepted(string authority)
    {
        var settings = Valid();
        settings["Ciam:Authority"] = authority;
        using var services = Configured(settings);

        Assert.Equal(authority, OptionsOf(services).Authority!.OriginalString);
    }

    [Fact]
    public void A_plain_http_authority_can_be_allowed()
    {
        var settings = Valid();
        settings["Ciam:Authority"] = "http://login.internal";
        settings["Ciam:AllowInsecureHttp"] = "true";
        using var services = Configured(settings);

        Assert.NotNull(OptionsOf(services).Authority);
    }

    [Fact]
    public void Without_a_host_the_options_are_validated_on_first_use()
    {
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(options => options.ClientId = "id");
        using var provider = services.BuildServiceProvider();

        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<ICiamTokenProvider>());
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<CiamTokenClient>());
    }

    private static Dictionary<string, string?> Valid() => new()
    {
        ["Ciam:Authority"] = "https://login.example.com",
        ["Ciam:ClientId"] = "id",
        ["Ciam:ClientSecret"] = Secret,
    };

    private static ServiceProvider Configured(Dictionary<string, string?> settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddCiamClientCredentials();
        return services.BuildServiceProvider();
    }

    private static CiamClientCredentialsOptions OptionsOf(ServiceProvider services)
        => services.GetRequiredService<IOptionsMonitor<CiamClientCredentialsOptions>>().CurrentValue;
}
