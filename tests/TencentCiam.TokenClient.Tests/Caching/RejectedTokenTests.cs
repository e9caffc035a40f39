using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.Caching;

/// <summary>A token that a resource has rejected: when it is replaced, and when it is better than none.</summary>
public sealed class RejectedTokenTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200)]
    public async Task A_rejected_token_of_any_age_is_replaced(double age)
    {
        using var host = new CiamHost();
        var rejected = await host.TokenAsync();
        host.Clock.AdvanceSeconds(age);

        host.Tokens.Invalidate(rejected);

        Assert.NotSame(rejected, await host.TokenAsync());
        Assert.Equal(2, host.TokenRequests);
    }

    [Theory]
    [InlineData(300, 9.9, true)]
    [InlineData(300, 10, false)]
    [InlineData(21, 1.9, true)]
    [InlineData(21, 2, false)]
    public async Task A_replacement_is_kept_for_ten_seconds_or_a_tenth_of_its_lifetime(int lifetime, double age, bool isKept)
    {
        using var host = new CiamHost(lifetime);
        host.Tokens.Invalidate(await host.TokenAsync());
        var replacement = await host.TokenAsync();
        host.Clock.AdvanceSeconds(age);

        host.Tokens.Invalidate(replacement);

        Assert.Equal(isKept, ReferenceEquals(replacement, await host.TokenAsync()));
    }

    [Fact]
    public async Task Each_rejected_replacement_doubles_the_time_up_to_half_of_the_lifetime()
    {
        using var host = new CiamHost(lifetimeSeconds: 301);
        host.Tokens.Invalidate(await host.TokenAsync());
        foreach (var keptFor in (int[])[10, 20, 40, 80, 150, 150])
        {
            var replacement = await host.TokenAsync();
            host.Clock.AdvanceSeconds(keptFor - 0.1);
            host.Tokens.Invalidate(replacement);
            Assert.Same(replacement, host.TokenAtOnce());

            host.Clock.AdvanceSeconds(0.1);
            host.Tokens.Invalidate(replacement);

            Assert.NotSame(replacement, await host.TokenAsync());
        }
    }

    [Fact]
    public async Task A_token_that_is_refreshed_unrejected_ends_the_doubling()
    {
        using var host = new CiamHost();
        host.Tokens.Invalidate(await host.TokenAsync());
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(240);
        host.TokenAtOnce();
        await host.AcquisitionsCompleteAsync();
        var refreshed = host.TokenAtOnce();

        host.Tokens.Invalidate(refreshed);

        Assert.NotSame(refreshed, await host.TokenAsync());
    }

    [Fact]
    public async Task A_rejected_token_is_used_while_no_other_can_be_acquired()
    {
        using var host = new CiamHost();
        var rejected = await host.TokenAsync();
        host.Clock.AdvanceSeconds(30);
        host.Portal.Application.IsEnabled = false;

        host.Tokens.Invalidate(rejected);

        Assert.Same(rejected, await host.TokenAsync());
        Assert.Same(rejected, host.TokenAtOnce());
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task A_rejected_token_is_no_longer_used_once_another_can_be_acquired()
    {
        using var host = new CiamHost();
        var rejected = await host.TokenAsync();
        host.Portal.Application.IsEnabled = false;
        host.Tokens.Invalidate(rejected);
        await host.TokenAsync();
        host.Portal.Application.IsEnabled = true;
        host.Clock.AdvanceSeconds(6.3);

        Assert.NotSame(rejected, await host.TokenAsync());
    }

    [Fact]
    public async Task A_rejected_token_that_has_expired_is_not_used()
    {
        using var host = new CiamHost();
        host.Tokens.Invalidate(await host.TokenAsync());
        host.Portal.Application.IsEnabled = false;
        host.Clock.AdvanceSeconds(300);

        Assert.IsType<CiamTokenError.InvalidClient>(await host.ErrorAsync());
    }

    [Fact]
    public async Task A_token_that_is_acquired_after_a_rejected_one_has_expired_is_replaced_as_soon_as_it_is_rejected()
    {
        using var host = new CiamHost();
        host.Tokens.Invalidate(await host.TokenAsync());
        host.Clock.AdvanceSeconds(300);
        var token = await host.TokenAsync();

        host.Tokens.Invalidate(token);

        Assert.NotSame(token, await host.TokenAsync());
    }

    [Fact]
    public async Task An_API_that_rejects_everything_once_a_second_costs_few_token_requests_an_hour()
    {
        using var host = new CiamHost(lifetimeSeconds: 299);
        for (var second = 0; second < 3600; second++)
        {
            host.Tokens.Invalidate(await host.TokenAsync());
            await host.AcquisitionsCompleteAsync();
            host.Clock.AdvanceSeconds(1);
        }

        // 16 without any rejection.
        Assert.InRange(host.TokenRequests, 16, 32);
    }

    [Fact]
    public async Task Tokens_that_are_revoked_as_soon_as_they_are_issued_are_replaced_at_once_and_then_at_growing_intervals()
    {
        using var host = new CiamHost();
        var tokens = new HashSet<CiamAccessToken>();
        for (var call = 0; call < 200; call++)
        {
            var token = await host.TokenAsync();
            tokens.Add(token);
            host.Tokens.Invalidate(token);
            host.Clock.AdvanceSeconds(0.1);
        }

        // At 0, 0.1 and 10.1 s.
        Assert.Equal(3, tokens.Count);
    }

    [Fact]
    public async Task The_reason_of_the_next_acquisition_is_the_rejection()
    {
        using var host = new CiamHost();
        host.Tokens.Invalidate(await host.TokenAsync());

        await host.TokenAsync();

        Assert.Contains("(token rejected)", host.Logs.Named("TokenAcquired").Last().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_portal_that_hangs_holds_callers_no_longer_than_half_of_what_a_rejected_token_has_left()
    {
        using var host = new CiamHost(lifetimeSeconds: 41, options => options.RequestTimeout = TimeSpan.FromMinutes(2));
        var rejected = await host.TokenAsync();
        host.Portal.Outage = CiamPortalFault.Delay(TimeSpan.FromMinutes(1));
        host.Tokens.Invalidate(rejected);

        var pending = host.TokenAsync();
        await host.Clock.TimerAsync(20, 20);
        await host.Clock.TimerAsync(60, 60);
        host.Clock.AdvanceSeconds(20);

        Assert.Same(rejected, await pending);
    }
}
