using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.DependencyInjection;

/// <summary>The configuration changes while the application runs.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly IConfigurationRoot _configuration =
        new ConfigurationBuilder().AddInMemoryCollection([]).Build();

    private readonly TestClock _clock = new();
    private readonly LogCollector _logs = new();
    private readonly CiamPortalEmulator _portal;
    private readonly CiamPortalApplication _other;
    private readonly ServiceProvider _services;
    private readonly ICiamTokenProvider _tokens;

    public ReloadTests()
    {
        _portal = new CiamPortalEmulator(timeProvider: _clock, signingKey: CiamHost.SigningKey);
        _portal.Application.Scopes = ["orders.read", "orders.write"];
        _other = _portal.AddApplication();
        Set("Authority", _portal.Authority.OriginalString);
        Set("ClientId", _portal.Application.ClientId);
        Set("ClientSecret", _portal.Application.ClientSecret);

        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(_logs).SetMinimumLevel(LogLevel.Trace));
        services.AddSingleton<IConfiguration>(_configuration);
        services.AddSingleton<TimeProvider>(_clock);
        services.AddCiamClientCredentials().ConfigurePrimaryHttpMessageHandler(_portal.CreateHandler);
        _services = services.BuildServiceProvider();
        _tokens = _services.GetRequiredService<ICiamTokenProvider>();
    }

    [Fact]
    public async Task A_rotated_secret_keeps_the_token_and_is_used_by_the_next_token_request()
    {
        var token = await TokenAsync();
        _portal.Application.ClientSecret = "rotated";
        Set("ClientSecret", "rotated");
        _configuration.Reload();

        Assert.Same(token, await TokenAsync());
        _clock.AdvanceSeconds(700);
        Assert.NotSame(token, await TokenAsync());
    }

    [Fact]
    public async Task A_corrected_secret_clears_a_remembered_failure()
    {
        Set("ClientSecret", "wrong");
        _configuration.Reload();
        await Assert.ThrowsAsync<CiamTokenException>(TokenAsync);

        Set("ClientSecret", _portal.Application.ClientSecret);
        _configuration.Reload();

        await TokenAsync();
    }

    [Fact]
    public async Task A_secret_rotated_during_a_request_fails_no_caller()
    {
        _portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(2)));
        var pending = TokenAsync();
        await _clock.TimerAsync(2, 2);

        _portal.Application.ClientSecret = "rotated";
        Set("ClientSecret", "rotated");
        _configuration.Reload();
        _clock.AdvanceSeconds(2);

        await pending;
        Assert.Equal([401, 200], _portal.Requests.Select(request => (int)request.StatusCode!));
    }

    [Fact]
    public async Task A_token_that_arrives_after_the_secret_was_changed_is_used()
    {
        _portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(2)));
        var pending = TokenAsync();
        await _clock.TimerAsync(2, 2);

        Set("ClientSecret", "valid from tomorrow");
        _configuration.Reload();
        _clock.AdvanceSeconds(2);

        await pending;
        Assert.Single(_portal.Requests);
    }

    [Fact]
    public async Task An_error_for_the_old_secret_is_not_reported_to_callers_waiting_with_the_new_one()
    {
        Set("RequestTimeout", "00:05:00");
        _configuration.Reload();
        _portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(2)));
        _portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromHours(1)));
        var pending = TokenAsync();
        await _clock.TimerAsync(2, 2);

        _portal.Application.ClientSecret = "rotated";
        Set("ClientSecret", "rotated");
        _configuration.Reload();
        _clock.AdvanceSeconds(2);
        await _clock.TimerAsync(3600, 3600);
        _clock.AdvanceSeconds(30);

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(() => pending);
        Assert.Equal("timeout", thrown.Error.Code);
    }

    [Fact]
    public async Task A_temporary_scope_change_during_an_acquisition_has_no_lasting_effect()
    {
        _portal.FailNext(CiamPortalFault.BadGateway());
        var pending = TokenAsync();
        var pause = await _clock.TimerAsync(0.2, 0.25);
        Set("Scope", "orders.read");
        _configuration.Reload();
        _clock.Advance(pause);
        await pending;

        Set("Scope", "");
        _configuration.Reload();

        Assert.Equal("orders.read orders.write", (await TokenAsync()).Scope);
    }

    [Fact]
    public async Task A_scope_that_was_requested_before_it_became_the_clients_own_keeps_its_token()
    {
        Set("Scope", "");
        _configuration.Reload();
        var requested = await _tokens.GetTokenAsync("orders.write", TestContext.Current.CancellationToken);
        Set("Scope", "orders.write");
        _configuration.Reload();

        Assert.Same(requested, await TokenAsync());
        Assert.Equal(["orders.write"], ((CiamTokenProvider)_tokens).LatestAcquisitions.Keys);
    }

    [Fact]
    public async Task A_former_scope_of_the_client_is_dropped_when_nobody_uses_it()
    {
        Set("Scope", "orders.read");
        _configuration.Reload();
        await TokenAsync();
        Set("Scope", "orders.write");
        _configuration.Reload();
        await TokenAsync();
        var provider = (CiamTokenProvider)_tokens;
        Assert.Equal(["orders.read", "orders.write"], provider.LatestAcquisitions.Keys.Order());

        for (var i = 0; i < 40; i++)
        {
            _clock.AdvanceSeconds(30);
        }

        Assert.Equal(["orders.write"], provider.LatestAcquisitions.Keys);
    }

    [Fact]
    public async Task Changing_the_application_drops_the_token()
    {
        var token = await TokenAsync();

        Set("ClientId", _other.ClientId);
        Set("ClientSecret", _other.ClientSecret);
        _configuration.Reload();

        Assert.NotSame(token, await TokenAsync());
        Assert.Equal(_other.ClientId, _portal.Requests[^1].ClientId);
    }

    [Fact]
    public async Task A_token_that_arrives_for_the_previous_application_is_discarded()
    {
        _portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(2)));
        var pending = TokenAsync();
        await _clock.TimerAsync(2, 2);

        Set("ClientId", _other.ClientId);
        Set("ClientSecret", _other.ClientSecret);
        _configuration.Reload();
        _clock.AdvanceSeconds(2);
        var token = await pending;

        Assert.Equal(_other.ClientId, token.ReadJwt().Subject);
        Assert.Same(token, await TokenAsync());
    }

    [Fact]
    public async Task Changing_the_scope_drops_the_token()
    {
        Assert.Equal("orders.read orders.write", (await TokenAsync()).Scope);

        Set("Scope", "orders.read");
        _configuration.Reload();

        Assert.Equal("orders.read", (await TokenAsync()).Scope);
    }

    [Fact]
    public async Task A_scope_requested_by_name_is_unaffected_by_a_change_of_the_clients_scope()
    {
        Set("Scope", "orders.read");
        _configuration.Reload();
        _portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(2)));
        var pending = _tokens.GetTokenAsync("orders.read", TestContext.Current.CancellationToken).AsTask();
        await _clock.TimerAsync(2, 2);

        Set("Scope", "orders.write");
        _configuration.Reload();
        _clock.AdvanceSeconds(2);

        Assert.Equal("orders.read", (await pending).Scope);
        Assert.Equal("orders.write", (await TokenAsync()).Scope);
    }

    [Fact]
    public async Task Tokens_of_other_scopes_outlive_a_change_of_the_clients_scope()
    {
        Set("Scope", "orders.read");
        _configuration.Reload();
        await TokenAsync();
        var other = await _tokens.GetTokenAsync("orders.write", TestContext.Current.CancellationToken);

        Set("Scope", "");
        _configuration.Reload();
        await TokenAsync();

        Assert.Same(other, await _tokens.GetTokenAsync("orders.write", TestContext.Current.CancellationToken));
        Assert.Equal(3, _portal.Requests.Count);
    }

    [Fact]
    public async Task A_scope_that_becomes_the_clients_own_after_another_was_keeps_its_token()
    {
        Set("Scope", "orders.read");
        _configuration.Reload();
        await TokenAsync();
        var other = await _tokens.GetTokenAsync("orders.write", TestContext.Current.CancellationToken);

        Set("Scope", "orders.write");
        _configuration.Reload();

        Assert.Same(other, await TokenAsync());
    }

    [Fact]
    public async Task A_token_client_resolved_before_a_rotation_uses_the_rotated_secret()
    {
        var client = _services.GetRequiredService<CiamTokenClient>();
        _portal.Application.ClientSecret = "rotated";
        Set("ClientSecret", "rotated");
        _configuration.Reload();

        Assert.IsType<CiamTokenResult.Success>(
            await client.RequestTokenAsync(cancellationToken: TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("ClientAuthentication", "ClientSecretBasic", 2)]
    [InlineData("RequestTimeout", "00:00:05", 1)]
    public async Task A_remembered_failure_is_cleared_only_by_a_change_that_the_portal_can_see(string property, string value, int requests)
    {
        _portal.FailNext(CiamPortalFault.TooManyRequests(TimeSpan.FromHours(1)));
        await Assert.ThrowsAsync<CiamTokenException>(TokenAsync);

        Set(property, value);
        _configuration.Reload();
        await Record.ExceptionAsync(TokenAsync);

        Assert.Equal(requests, _portal.Requests.Count);
    }

    [Fact]
    public async Task A_reload_during_a_request_does_not_override_Retry_After()
    {
        _portal.FailNext(CiamPortalFault.Respond(_ =>
        {
            _configuration.Reload();
            return new HttpResponseMessage(System.Net.HttpStatusCode.TooManyRequests)
            {
                Headers = { RetryAfter = new(TimeSpan.FromHours(1)) },
            };
        }));

        await Assert.ThrowsAsync<CiamTokenException>(TokenAsync);

        Assert.Single(_portal.Requests);
    }

    [Fact]
    public async Task A_reload_without_changes_keeps_the_token()
    {
        var token = await TokenAsync();

        _configuration.Reload();

        Assert.Same(token, await TokenAsync());
        Assert.Single(_portal.Requests);
    }

    [Theory]
    [InlineData("Authority", "nonsense")]
    [InlineData("ClientSecret", "")]
    [InlineData("RequestTimeout", "soon")]
    public async Task An_invalid_reload_is_logged_and_the_last_valid_options_remain_in_effect(string property, string value)
    {
        Set(property, value);
        _configuration.Reload();

        await TokenAsync();

        var entry = Assert.Single(_logs.Named("OptionsRejected"));
        Assert.Equal(LogLevel.Error, entry.Level);
        Assert.Contains(property, entry.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_portal.Application.ClientSecret, entry.Message, StringComparison.Ordinal);
        Assert.NotNull(_services.GetRequiredService<IOptionsMonitor<CiamClientCredentialsOptions>>().CurrentValue);
        Assert.NotNull(_services.GetRequiredService<CiamTokenClient>());
    }

    [Fact]
    public async Task A_valid_reload_after_an_invalid_one_takes_effect()
    {
        Set("ClientId", "");
        _configuration.Reload();
        Set("ClientId", _other.ClientId);
        Set("ClientSecret", _other.ClientSecret);
        _configuration.Reload();

        await TokenAsync();

        Assert.Equal(_other.ClientId, _portal.Requests.Single().ClientId);
    }

    public void Dispose()
    {
        _services.Dispose();
        _portal.Dispose();
        (_configuration as IDisposable)?.Dispose();
    }

    private void Set(string property, string value) => _configuration[$"Ciam:{property}"] = value;

    private Task<CiamAccessToken> TokenAsync()
        => _tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
}
