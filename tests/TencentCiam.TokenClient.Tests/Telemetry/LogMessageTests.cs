using System.Net;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.Telemetry;

/// <summary>What an operator reads, to the letter.</summary>
public sealed class LogMessageTests
{
    [Fact]
    public async Task A_new_token_is_logged_with_its_scope_its_reason_its_lifetime_and_its_refresh()
    {
        using var host = new CiamHost();
        await host.TokenAsync();
        await host.TokenAsync("orders.read");
        host.Clock.AdvanceSeconds(245);
        host.TokenAtOnce();
        await host.AcquisitionsCompleteAsync();
        host.Tokens.Invalidate(host.TokenAtOnce());
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(300);
        await host.TokenAsync();

        Assert.Equal(
            [
                "the default scope (first token)",
                "the scope \"orders.read\" (first token)",
                "the default scope (refresh)",
                "the default scope (token rejected)",
                "the default scope (token expired)",
            ],
            host.Logs.Named("TokenAcquired").Select(entry =>
            {
                Assert.Equal(LogLevel.Debug, entry.Level);
                Assert.Matches(
                    "^CIAM client \\(unnamed\\): new token for .*, lifetime 299 s, refresh in (1[5-9]\\d|2[0-3]\\d) s\\.$", entry.Message);
                return entry.Message.Split("new token for ")[1].Split(", lifetime")[0];
            }));
    }

    [Fact]
    public async Task Failures_while_callers_wait_are_logged_once_as_a_warning_and_then_at_Debug_until_recovery()
    {
        using var host = new CiamHost();
        host.Portal.FailNext(CiamPortalFault.TemporarilyUnavailable());
        host.Portal.FailNext(CiamPortalFault.TemporarilyUnavailable());
        host.Portal.FailNext(CiamPortalFault.Respond(_ => new HttpResponseMessage(HttpStatusCode.BadGateway)));
        host.Portal.FailNext(CiamPortalFault.Respond(_ => new HttpResponseMessage(HttpStatusCode.BadGateway)));
        var pending = host.ErrorAsync();
        host.Clock.Advance(await host.Clock.TimerAsync(0.2, 0.25));
        host.Clock.Advance(await host.Clock.TimerAsync(0.4, 0.5));
        var error = await pending;
        host.Clock.AdvanceSeconds(1.25);
        await host.ErrorAsync();
        host.Clock.AdvanceSeconds(2.5);
        await host.TokenAsync();

        Assert.Collection(
            host.Logs.Named("AttemptFailed"),
            first => Assert.Matches("attempt 1 for the default scope failed, retrying in 0\\.[23] s\\. The CIAM", first.Message),
            second => Assert.Matches("attempt 2 for the default scope failed, retrying in 0\\.[45] s\\. The CIAM", second.Message));
        var failed = Assert.Single(host.Logs.Named("AcquisitionFailed"));
        Assert.Equal(LogLevel.Warning, failed.Level);
        Assert.Equal(
            "CIAM client (unnamed): no new token for the default scope (first token); calls fail unless an unexpired token is left. "
            + $"{error.Message} Further failures are logged at Debug.",
            failed.Message);
        var still = Assert.Single(host.Logs.Named("StillFailing"));
        Assert.Equal(LogLevel.Debug, still.Level);
        Assert.Equal(
            $"CIAM client (unnamed): still no new token for the default scope (first token). {error.Message}", still.Message);
        var recovered = Assert.Single(host.Logs.Named("Recovered"));
        Assert.Equal(
            (LogLevel.Information, "CIAM client (unnamed): token acquisition for the default scope has recovered."),
            (recovered.Level, recovered.Message));
    }

    [Fact]
    public async Task A_failed_background_refresh_is_logged_with_its_cause()
    {
        var cause = new HttpRequestException("The connection was refused.");
        using var host = new CiamHost();
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(245);
        host.Portal.Outage = CiamPortalFault.Respond(_ => throw cause);

        host.TokenAtOnce();
        await host.AcquisitionsCompleteAsync();

        var failed = Assert.Single(host.Logs.Named("RefreshFailed"));
        Assert.Equal(LogLevel.Warning, failed.Level);
        Assert.Same(cause, failed.Exception);
        Assert.StartsWith(
            "CIAM client (unnamed): background refresh for the default scope failed; the current token remains in use and the refresh "
            + "will be retried. The CIAM portal could not be reached",
            failed.Message,
            StringComparison.Ordinal);
        Assert.EndsWith(" Further failures are logged at Debug.", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, "100 s ahead of")]
    [InlineData(-100, "100 s behind")]
    public async Task Clocks_that_differ_are_logged_with_how_far_and_which_way(int difference, string described)
    {
        using var host = new CiamHost();
        host.Portal.Outage = CiamPortalFault.Respond(_ =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent("""{"access_token":"t","token_type":"Bearer","expires_in":299}"""),
            };
            response.Headers.Date = host.Clock.GetUtcNow().AddSeconds(difference);
            return response;
        });

        await host.TokenAsync();

        var logged = Assert.Single(host.Logs.Named("ClocksDiffer"));
        Assert.Equal(LogLevel.Warning, logged.Level);
        Assert.Contains($"the portal's clock is {described} this machine's clock.", logged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_capped_window_is_logged_with_the_lifetime()
    {
        using var host = new CiamHost(configure: options => options.ExpirationMargin = TimeSpan.FromSeconds(200));

        await host.TokenAsync();

        Assert.Contains(
            "is more than half of the token's lifetime of 299 s and was capped",
            Assert.Single(host.Logs.Named("WindowCapped")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scope_that_was_not_granted_is_logged_with_what_was_requested()
    {
        using var host = new CiamHost(configure: options => options.Scope = "orders.read orders.write");
        host.Portal.Outage = CiamPortalFault.Respond(_ => new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent("""{"access_token":"t","token_type":"Bearer","expires_in":299,"scope":"orders.read"}"""),
        });

        await host.TokenAsync();

        Assert.Contains(
            "the portal did not grant \"orders.write\" of the requested scope \"orders.read orders.write\".",
            Assert.Single(host.Logs.Named("ScopeNotGranted")).Message,
            StringComparison.Ordinal);
    }
}
