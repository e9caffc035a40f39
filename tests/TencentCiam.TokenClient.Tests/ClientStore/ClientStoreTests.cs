using System.Diagnostics.Metrics;
using System.Net;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Testing;
using TencentCiam.TokenClient.Tests.Telemetry;

namespace TencentCiam.TokenClient.Tests.ClientStore;

public sealed class ClientStoreTests : IDisposable
{
    private readonly StoreHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_client_of_the_store_gets_tokens_of_its_own_application()
    {
        var (first, second) = (_host.Add("first"), _host.Add("second"));

        Assert.Equal(first.ClientId, (await _host.TokenAsync("first")).ReadJwt().Subject);
        Assert.Equal(second.ClientId, (await _host.TokenAsync("second")).ReadJwt().Subject);
    }

    [Fact]
    public async Task A_known_client_costs_one_lookup_per_token_lifetime()
    {
        _host.Add("tenant");

        for (var second = 0; second < 3600; second += 5)
        {
            await _host.TokenAsync("tenant");
            await _host.AcquisitionsCompleteAsync("tenant");
            _host.Clock.AdvanceSeconds(5);
        }

        Assert.Equal(_host.TokenRequests, _host.Store.Lookups.Count);
        Assert.InRange(_host.TokenRequests, 13, 16);
    }

    [Fact]
    public async Task Each_lookup_has_services_of_its_own_which_are_disposed_after_it()
    {
        _host.Add("tenant");
        await _host.TokenAsync("tenant");
        await _host.TokenAsync("tenant", "orders.read");

        Assert.Equal(2, _host.Store.Instances.Count);
        Assert.All(_host.Store.Instances, instance => Assert.True(instance.IsDisposed));
    }

    [Fact]
    public async Task The_next_token_request_uses_a_changed_secret()
    {
        var application = _host.Add("tenant");
        await _host.TokenAsync("tenant");

        application.ClientSecret = "rotated";
        _host.Clock.AdvanceSeconds(300);
        await _host.TokenAsync("tenant");

        Assert.All(_host.Portal.Requests, request => Assert.Equal(HttpStatusCode.OK, request.StatusCode));
    }

    [Fact]
    public async Task A_changed_secret_ends_a_remembered_rejection_at_the_next_lookup()
    {
        var application = _host.Add("tenant");
        var wrong = _host.Options(application);
        wrong.ClientSecret = "wrong";
        _host.Store.Clients["tenant"] = () => wrong;
        Assert.IsType<CiamTokenError.InvalidClient>(await _host.ErrorAsync("tenant"));

        _host.Store.Clients["tenant"] = () => _host.Options(application);
        _host.Clock.AdvanceSeconds(7);

        Assert.Equal(application.ClientId, (await _host.TokenAsync("tenant")).ReadJwt().Subject);
    }

    [Fact]
    public async Task A_store_that_returns_the_same_object_may_change_it()
    {
        var application = _host.Add("tenant");
        var shared = _host.Options(application);
        _host.Store.Clients["tenant"] = () => shared;
        await _host.TokenAsync("tenant");

        var other = _host.Portal.AddApplication();
        (shared.ClientId, shared.ClientSecret) = (other.ClientId, other.ClientSecret);
        var current = await _host.TokenAsync("tenant");
        _host.Clock.AdvanceSeconds(300);

        Assert.Equal(application.ClientId, current.ReadJwt().Subject);
        Assert.Equal(other.ClientId, (await _host.TokenAsync("tenant")).ReadJwt().Subject);
    }

    [Fact]
    public async Task The_tokens_of_all_scopes_are_dropped_when_the_lookup_returns_another_application()
    {
        _host.Add("tenant");
        await _host.TokenAsync("tenant", "orders.read");
        var other = _host.Add("tenant");
        other.Scopes = ["orders.read", "orders.write"];
        await _host.TokenAsync("tenant");

        Assert.Equal(other.ClientId, (await _host.TokenAsync("tenant", "orders.read")).ReadJwt().Subject);
    }

    [Fact]
    public async Task The_clients_own_scope_is_the_one_that_the_store_returns()
    {
        var application = _host.Add("tenant");
        _host.Store.Clients["tenant"] = () => WithScope(application, "orders.read");
        Assert.Equal("orders.read", (await _host.TokenAsync("tenant")).Scope);

        _host.Store.Clients["tenant"] = () => WithScope(application, "orders.write");
        _host.Clock.AdvanceSeconds(300);

        Assert.Equal("orders.write", (await _host.TokenAsync("tenant")).Scope);
        Assert.Equal("orders.read", (await _host.TokenAsync("tenant", "orders.read")).Scope);
    }

    [Fact]
    public async Task A_client_that_the_store_does_not_have_fails_without_a_request_and_is_looked_up_again_after_5_seconds()
    {
        var error = Assert.IsType<CiamTokenError.ClientNotConfigured>(await _host.ErrorAsync("unknown"));
        await _host.ErrorAsync("unknown");

        Assert.Equal(CiamTokenErrorCodes.ClientNotFound, error.Code);
        Assert.Contains("\"unknown\"", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
        Assert.Null(error.Exception);
        Assert.Single(_host.Store.Lookups);
        Assert.Empty(_host.Portal.Requests);

        _host.Add("unknown");
        _host.Clock.AdvanceSeconds(6.25);
        await _host.TokenAsync("unknown");
    }

    [Fact]
    public async Task A_store_that_throws_is_asked_again_and_then_the_error_has_its_exception()
    {
        var thrown = new InvalidOperationException("The database is down.");
        _host.Store.Clients["tenant"] = () => throw thrown;

        var error = Assert.IsType<CiamTokenError.ClientNotConfigured>(await _host.ErrorAsync("tenant"));

        Assert.Equal(CiamTokenErrorCodes.ClientStoreFailed, error.Code);
        Assert.True(error.IsTransient);
        Assert.Same(thrown, error.Exception);
        Assert.Equal(3, _host.Store.Lookups.Count);
        Assert.Same(thrown, Assert.Single(_host.Logs.Named("AcquisitionFailed")).Exception);
    }

    [Fact]
    public async Task A_store_that_fails_once_costs_no_call()
    {
        var application = _host.Add("tenant");
        var lookups = 0;
        _host.Store.Clients["tenant"] = () => ++lookups == 1 ? throw new TimeoutException() : _host.Options(application);

        await _host.TokenAsync("tenant");

        Assert.Equal(2, lookups);
    }

    [Fact]
    public async Task Invalid_options_are_reported_with_the_client_and_all_faults_but_no_secret()
    {
        _host.Store.Clients["tenant"] = () => new() { ClientSecret = " s3cr3t ", Scope = "a,  b" };

        var error = Assert.IsType<CiamTokenError.ClientNotConfigured>(await _host.ErrorAsync("tenant"));

        Assert.Equal(CiamTokenErrorCodes.InvalidClientOptions, error.Code);
        Assert.False(error.IsTransient);
        Assert.All(
            ["\"tenant\"", "Authority", "ClientId", "ClientSecret", "Scope", "store"],
            text => Assert.Contains(text, error.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("s3cr3t", error.Message, StringComparison.Ordinal);
        Assert.Empty(_host.Portal.Requests);
    }

    [Fact]
    public async Task An_unexpired_token_remains_in_use_while_the_store_is_down()
    {
        _host.Add("tenant");
        var token = await _host.TokenAsync("tenant");
        _host.Store.Clients["tenant"] = () => throw new InvalidOperationException();

        for (var second = 0; second < 299; second++)
        {
            Assert.Same(token, await _host.TokenAsync("tenant"));
            await _host.AcquisitionsCompleteAsync("tenant");
            _host.Clock.AdvanceSeconds(1);
        }

        Assert.Single(_host.Logs.Named("RefreshFailed"));
    }

    [Fact]
    public async Task A_removed_client_fails_when_its_token_has_expired()
    {
        _host.Add("tenant");
        await _host.TokenAsync("tenant");
        _host.Store.Clients.Clear();
        _host.Clock.AdvanceSeconds(300);

        Assert.Equal(CiamTokenErrorCodes.ClientNotFound, (await _host.ErrorAsync("tenant")).Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_that_does_not_return_is_waited_for_until_the_default_AcquisitionTimeout(bool ignoresCancellation)
    {
        var never = new TaskCompletionSource();
        _host.Store.Wait = token => ignoresCancellation ? never.Task : never.Task.WaitAsync(token);
        var pending = _host.ErrorAsync("tenant");
        await _host.Clock.TimerAsync(30, 30);
        await LookedUpAsync(1);
        Assert.False(pending.IsCompleted);
        _host.Clock.AdvanceSeconds(30);

        var error = Assert.IsType<CiamTokenError.ClientNotConfigured>(await pending);

        Assert.Equal(CiamTokenErrorCodes.ClientStoreFailed, error.Code);
        Assert.True(error.IsTransient);
        Assert.Contains("AcquisitionTimeout", error.Message, StringComparison.Ordinal);

        // What never returned does not keep the client from being found later.
        _host.Store.Wait = null;
        _host.Add("tenant");
        _host.Clock.AdvanceSeconds(2);
        await _host.TokenAsync("tenant");
        never.SetResult();
    }

    [Fact]
    public async Task A_store_that_blocks_its_thread_is_waited_for_no_longer_than_one_that_does_not()
    {
        using var release = new ManualResetEventSlim();
        _host.Store.Wait = _ =>
        {
            release.Wait(CancellationToken.None);
            return Task.CompletedTask;
        };
        var pending = _host.ErrorAsync("tenant");
        await LookedUpAsync(1);
        _host.Clock.AdvanceSeconds(30);

        Assert.Equal(CiamTokenErrorCodes.ClientStoreFailed, (await pending).Code);
        release.Set();
    }

    [Fact]
    public async Task The_clients_own_AcquisitionTimeout_applies_once_it_is_found()
    {
        var application = _host.Add("tenant");
        _host.Store.Clients["tenant"] = () => Within(TimeSpan.FromSeconds(2), application);
        _host.Portal.FailNext(CiamPortalFault.Hang());
        var pending = _host.ErrorAsync("tenant");
        await _host.Clock.TimerAsync(10, 10);
        _host.Clock.AdvanceSeconds(2);

        Assert.Equal("timeout", (await pending).Code);
    }

    [Fact]
    public async Task The_time_that_the_lookup_took_counts_towards_the_clients_own_AcquisitionTimeout()
    {
        var (lookup, pending) = await BeginLookupOfThreeSecondsAsync(TimeSpan.FromSeconds(5));

        lookup.SetResult();
        await _host.Clock.TimerAsync(10, 10);
        Assert.False(pending.IsCompleted);
        _host.Clock.AdvanceSeconds(2);

        Assert.Equal("timeout", (await pending).Code);
    }

    [Fact]
    public async Task A_lookup_that_took_longer_than_the_clients_own_AcquisitionTimeout_leaves_no_time_for_a_request()
    {
        var (lookup, pending) = await BeginLookupOfThreeSecondsAsync(TimeSpan.FromSeconds(2));

        lookup.SetResult();

        Assert.Equal("timeout", (await pending).Code);
    }

    [Fact]
    public async Task A_lookup_that_does_not_end_does_not_hide_what_the_portal_said_before()
    {
        _host.Add("tenant");
        _host.Portal.FailNext(CiamPortalFault.BadGateway());
        _host.Store.Wait = cancellation
            => _host.Store.Lookups.Count == 1 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, cancellation);
        var pending = _host.ErrorAsync("tenant");
        await LookedUpAsync(2);
        _host.Clock.AdvanceSeconds(30);

        Assert.Equal(CiamTokenErrorCodes.ServerUnavailable, (await pending).Code);
    }

    [Fact]
    public async Task A_store_that_fails_after_the_portal_is_the_error()
    {
        _host.Add("tenant");
        _host.Portal.FailNext(CiamPortalFault.BadGateway());
        _host.Store.Wait = _ => _host.Store.Lookups.Count == 1 ? Task.CompletedTask : throw new InvalidTimeZoneException();

        Assert.Equal(CiamTokenErrorCodes.ClientStoreFailed, (await _host.ErrorAsync("tenant")).Code);
    }

    [Fact]
    public async Task The_store_is_asked_once_at_a_time_for_a_name_and_concurrently_for_others()
    {
        _host.Add("first");
        _host.Add("second");
        var release = new TaskCompletionSource();
        _host.Store.Wait = _ => release.Task;

        var tokens = new[] { (string?)null, "orders.read", "orders.write" }.Select(scope => _host.TokenAsync("first", scope)).ToList();
        await LookedUpAsync(1);
        tokens.Add(_host.TokenAsync("second"));
        await LookedUpAsync(2);
        Assert.Equal(["first", "second"], _host.Store.Lookups);
        release.SetResult();
        await Task.WhenAll(tokens);

        Assert.Equal(4, _host.Store.Lookups.Count);
        Assert.Equal(2, _host.Store.MaxConcurrent);
    }

    [Fact]
    public async Task Concurrent_callers_of_a_client_share_one_lookup_and_one_request()
    {
        _host.Add("tenant");

        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => _host.TokenAsync("tenant")));

        Assert.Single(_host.Store.Lookups);
        Assert.Equal(1, _host.TokenRequests);
    }

    [Fact]
    public void Synchronous_callers_get_tokens_of_the_stores_clients()
    {
        var application = _host.Add("tenant");
        var provider = (CiamTokenProvider)_host.Tokens("tenant");

        var token = provider.GetToken(scope: null, TestContext.Current.CancellationToken);

        Assert.Equal(application.ClientId, token.ReadJwt().Subject);
    }

    [Fact]
    public async Task A_registered_client_is_never_looked_up()
    {
        using var portal = new CiamPortalEmulator(signingKey: CiamHost.SigningKey);
        using var host = new StoreHost(
            services: services => services.AddCiamClientCredentials("registered", _ => { }).UseEmulator(portal));

        await host.Tokens("registered").GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Empty(host.Store.Lookups);
    }

    [Fact]
    public async Task Metrics_name_all_clients_of_the_store_alike_and_leave_out_their_remaining_life()
    {
        using var telemetry = new TelemetryCollector(_host.Services.GetRequiredService<IMeterFactory>());
        _host.Add("tenant-42");
        await _host.TokenAsync("tenant-42");
        await _host.ErrorAsync("unknown");

        telemetry.Observe();

        Assert.Equal(2, telemetry.Of("ciam.token.lookups").Count());
        Assert.Single(telemetry.Of("ciam.token.request.duration"));
        Assert.Empty(telemetry.Of("ciam.token.remaining_life"));
        Assert.All(
            telemetry.Measurements,
            measurement => Assert.Contains("ciam.client=(store)", measurement.Tags, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Logs_have_the_clients_name_without_its_control_characters()
    {
        await _host.ErrorAsync("tenant\r\nforged line");

        var entry = Assert.Single(_host.Logs.Named("AcquisitionFailed"));
        Assert.Contains("tenant  forged line", entry.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', entry.Message);
    }

    [Fact]
    public async Task After_the_service_provider_was_disposed_no_client_is_looked_up()
    {
        _host.Add("tenant");
        var tokens = _host.Tokens("tenant");
        _host.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());
        Assert.Empty(_host.Store.Lookups);
    }

    [Fact]
    public void Without_a_store_a_name_that_is_not_registered_is_an_error_that_says_what_to_call()
    {
        using var host = new CiamHost();
        var factory = host.Services.GetRequiredService<ICiamTokenProviderFactory>();

        var thrown = Assert.Throws<InvalidOperationException>(() => factory.GetProvider("tenant"));

        Assert.Contains("AddCiamClientStore", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("\"tenant\"", thrown.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>("name", () => factory.GetProvider(null!));
        Assert.Same(host.Tokens, factory.GetProvider(""));
    }

    /// <summary>A call whose lookup has taken three seconds, and whose token request will get no response.</summary>
    private async Task<(TaskCompletionSource Lookup, Task<CiamTokenError> Call)> BeginLookupOfThreeSecondsAsync(TimeSpan timeout)
    {
        var application = _host.Add("tenant");
        _host.Store.Clients["tenant"] = () => Within(timeout, application);
        var lookup = new TaskCompletionSource();
        _host.Store.Wait = _ => lookup.Task;
        _host.Portal.FailNext(CiamPortalFault.Hang());
        var call = _host.ErrorAsync("tenant");
        await LookedUpAsync(1);
        _host.Clock.AdvanceSeconds(3);
        return (lookup, call);
    }

    private CiamClientCredentialsOptions Within(TimeSpan timeout, CiamPortalApplication application)
    {
        var options = _host.Options(application);
        options.AcquisitionTimeout = timeout;
        return options;
    }

    private static CiamClientCredentialsOptions WithScope(CiamPortalApplication application, string scope) => new()
    {
        Authority = new Uri("https://ciam.test"),
        ClientId = application.ClientId,
        ClientSecret = application.ClientSecret,
        Scope = scope,
    };

    private async Task LookedUpAsync(int times)
    {
        while (_host.Store.Lookups.Count < times)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
