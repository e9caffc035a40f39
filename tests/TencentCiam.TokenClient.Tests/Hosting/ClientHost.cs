using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.Hosting;

/// <summary>A generic host with the unnamed client, whose options come from a configuration that can change.</summary>
internal sealed class ClientHost : IDisposable
{
    private readonly IHost _host;

    public ClientHost(
        CiamStartupMode mode = CiamStartupMode.Lazy,
        bool keepWarm = false,
        int lifetimeSeconds = 300,
        Action<IServiceCollection>? before = null,
        Action<IServiceCollection, CiamPortalEmulator>? services = null)
    {
        Portal = new CiamPortalEmulator(timeProvider: Clock, signingKey: CiamHost.SigningKey);
        Portal.Application.AccessTokenLifetime = TimeSpan.FromSeconds(lifetimeSeconds);
        Portal.Application.Scopes = ["orders.read", "orders.write"];

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        Configuration = builder.Configuration;
        builder.Configuration.AddInMemoryCollection(Settings("Ciam", Portal.Application));
        Set("StartupMode", mode.ToString());
        Set("KeepWarm", keepWarm.ToString());
        builder.Logging.AddProvider(Logs).SetMinimumLevel(LogLevel.Trace);
        before?.Invoke(builder.Services);
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.ConfigureAll<CiamClientCredentialsOptions>(options => options.PausesBetweenAttempts = false);
        builder.Services.AddCiamClientCredentials().ConfigurePrimaryHttpMessageHandler(Portal.CreateHandler);
        builder.Services.AddHealthChecks().AddCiamClientCredentials();
        services?.Invoke(builder.Services, Portal);
        _host = builder.Build();
    }

    public TimerCountingClock Clock { get; } = new();

    public CiamPortalEmulator Portal { get; }

    public LogCollector Logs { get; } = new();

    public IConfigurationManager Configuration { get; }

    public IServiceProvider Services => _host.Services;

    public ICiamTokenProvider Tokens => Services.GetRequiredService<ICiamTokenProvider>();

    public int TokenRequests => Portal.Requests.Count;

    /// <summary>The settings of a client that is an application of the portal.</summary>
    public Dictionary<string, string?> Settings(string section, CiamPortalApplication application) => new()
    {
        [$"{section}:Authority"] = Portal.Authority.OriginalString,
        [$"{section}:ClientId"] = application.ClientId,
        [$"{section}:ClientSecret"] = application.ClientSecret,
    };

    public void Set(string option, string? value) => Configuration[$"Ciam:{option}"] = value;

    /// <summary>Changes an option while the host runs.</summary>
    public void Reload(string option, string? value)
    {
        Set(option, value);
        ((IConfigurationRoot)Configuration).Reload();
    }

    public Task StartAsync() => _host.StartAsync(TestContext.Current.CancellationToken);

    public Task StopAsync() => _host.StopAsync(TestContext.Current.CancellationToken);

    public async Task<CiamAccessToken> TokenAsync(string? scope = null)
        => await Tokens.GetTokenAsync(scope, TestContext.Current.CancellationToken);

    /// <summary>A token that is returned without waiting.</summary>
    public CiamAccessToken TokenAtOnce()
    {
        var pending = Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        Assert.True(pending.IsCompletedSuccessfully, "the caller had to wait");
        return pending.Result;
    }

    /// <summary>Lets time pass, and whatever is acquired meanwhile complete.</summary>
    public async Task AdvanceAsync(double seconds, double step = 1)
    {
        for (var passed = 0.0; passed < seconds; passed += step)
        {
            Clock.AdvanceSeconds(step);
            await CompletedAsync();
        }
    }

    /// <summary>The seconds until the next token request.</summary>
    public async Task<double> SecondsToNextRequestAsync(double most, double step = 0.25)
    {
        var (requests, seconds) = (TokenRequests, 0.0);
        while (TokenRequests == requests)
        {
            Assert.True(seconds <= most, $"no token request within {most} s");
            await AdvanceAsync(step, step);
            seconds += step;
        }

        return seconds;
    }

    /// <summary>Waits until all acquisitions have completed, and were logged and measured.</summary>
    public async Task CompletedAsync()
    {
        var tokens = Tokens;
        await Task.WhenAll(((CiamTokenProvider)tokens).LatestAcquisitions.Values
            .OfType<TokenAcquisition>().Select(acquisition => acquisition.Completion));
        await CiamHost.ReportedAsync(tokens);
    }

    public async Task<HealthReportEntry> HealthAsync(string name = "ciam")
    {
        var requests = TokenRequests;
        var report = await Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal(requests, TokenRequests);
        return report.Entries[name];
    }

    public void Dispose()
    {
        _host.Dispose();
        Portal.Dispose();
    }
}
