using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class ApplicationTests : IDisposable
{
    private readonly CiamPortalEmulator _portal = CreatePortal();

    public void Dispose() => _portal.Dispose();

    [Fact]
    public void Generated_credentials_have_CIAMs_format_and_are_unique()
    {
        var applications = Enumerable.Range(0, 100).Select(_ => _portal.AddApplication()).ToArray();

        Assert.All(applications, application =>
        {
            Assert.Matches("^[A-Za-z0-9]{43}$", application.ClientId);
            Assert.Matches("^[A-Za-z0-9/+]{32}$", application.ClientSecret);
            Assert.Contains('/', application.ClientSecret);
            Assert.Contains('+', application.ClientSecret);
        });
        Assert.Equal(100, applications.Select(application => application.ClientId).Distinct().Count());
        Assert.Equal(100, applications.Select(application => application.ClientSecret).Distinct().Count());
    }

    [Fact]
    public void An_application_has_the_consoles_defaults()
    {
        var application = _portal.Application;

        Assert.Equal(TimeSpan.FromSeconds(600), application.AccessTokenLifetime);
        Assert.True(application.IsEnabled);
        Assert.True(application.AllowsClientCredentials);
        Assert.Empty(application.Scopes);
    }

    [Fact]
    public async Task Each_application_has_its_own_settings()
    {
        var reports = _portal.AddApplication("reports", "s3cret");
        reports.Scopes = ["reports"];
        _portal.Application.IsEnabled = false;

        using var enabled = await _portal.PostTokenAsync(reports.TokenRequest("reports"));
        using var disabled = await _portal.PostTokenAsync(_portal.Application.TokenRequest());

        Assert.Equal(200, (int)enabled.StatusCode);
        await disabled.AssertErrorAsync(401, """{"error":"invalid_client"}""");
    }

    [Fact]
    public void A_duplicate_Client_ID_is_rejected()
    {
        _portal.AddApplication("orders");

        var exception = Assert.Throws<ArgumentException>("clientId", () => _portal.AddApplication("orders", "s3cret"));

        Assert.Contains("orders", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_credentials_are_rejected()
    {
        Assert.Throws<ArgumentException>(() => _portal.AddApplication(""));
        Assert.Throws<ArgumentException>(() => _portal.AddApplication("orders", ""));
        Assert.Throws<ArgumentException>(() => _portal.Application.ClientSecret = "");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(0.5)]
    [InlineData(1.5)]
    [InlineData(2_147_483_648)]
    public void A_lifetime_that_is_not_a_positive_whole_number_of_seconds_is_rejected(double seconds)
    {
        var exception = Assert.Throws<ArgumentOutOfRangeException>(
            () => _portal.Application.AccessTokenLifetime = TimeSpan.FromSeconds(seconds));

        Assert.Contains("whole number of seconds", exception.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(600), _portal.Application.AccessTokenLifetime);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\"")]
    [InlineData("a\\b")]
    [InlineData("ä")]
    public void A_scope_that_no_client_could_request_is_rejected(string scope)
    {
        Assert.Throws<ArgumentException>(() => _portal.Application.Scopes = ["fine", scope]);
    }

    [Fact]
    public void Scopes_are_copied_sorted_and_deduplicated()
    {
        var scopes = new List<string> { "b", "a", "b" };
        _portal.Application.Scopes = scopes;
        scopes.Clear();

        Assert.Equal(["a", "b"], _portal.Application.Scopes);
    }

    [Fact]
    public void ToString_returns_only_the_Client_ID()
    {
        Assert.Equal("orders", _portal.AddApplication("orders", "s3cret").ToString());
    }
}
