using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests;

/// <summary>Owns the clock, the portal and the registered client.</summary>
internal sealed class CiamHost : IDisposable
{
    private readonly ServiceProvider _services;

    public CiamHost(
        int lifetimeSeconds = 300,
        Action<CiamClientCredentialsOptions>? configure = null,
        Action<IServiceCollection>? services = null)
    {
        Portal = new CiamPortalEmulator(timeProvider: Clock, signingKey: SigningKey);
        Portal.Application.AccessTokenLifetime = TimeSpan.FromSeconds(lifetimeSeconds);
        Portal.Application.Scopes = ["orders.read", "orders.write"];

        var collection = new ServiceCollection();
        collection.AddLogging(logging => logging.AddProvider(Logs).SetMinimumLevel(LogLevel.Trace));
        collection.AddCiamClientCredentials(configure ?? (_ => { })).UseEmulator(Portal, pauseBetweenAttempts: true);
        services?.Invoke(collection);
        _services = collection.BuildServiceProvider();
    }

    /// <summary>Shared by all portals: creating a key takes longer than most tests.</summary>
    public static RSA SigningKey { get; } = RSA.Create(2048);

    public TestClock Clock { get; } = new();

    public CiamPortalEmulator Portal { get; }

    public LogCollector Logs { get; } = new();

    public IServiceProvider Services => _services;

    public ICiamTokenProvider Tokens => _services.GetRequiredService<ICiamTokenProvider>();

    /// <summary>How many token requests have reached the portal.</summary>
    public int TokenRequests => Portal.Requests.Count(request => request.Path == "/oauth2/token");

    /// <summary>A token, after waiting if necessary.</summary>
    public async Task<CiamAccessToken> TokenAsync(string? scope = null)
    {
        var tokens = Tokens;
        try
        {
            return await tokens.GetTokenAsync(scope, TestContext.Current.CancellationToken);
        }
        finally
        {
            await ReportedAsync(tokens);
        }
    }

    /// <summary>A token that is returned without waiting.</summary>
    public CiamAccessToken TokenAtOnce()
    {
        var pending = Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        Assert.True(pending.IsCompletedSuccessfully, "the caller had to wait");
        return pending.Result;
    }

    /// <summary>The error that a caller gets.</summary>
    public async Task<CiamTokenError> ErrorAsync()
        => (await Assert.ThrowsAsync<CiamTokenException>(() => TokenAsync())).Error;

    /// <summary>The error that a caller gets without waiting.</summary>
    public CiamTokenError ErrorAtOnce()
    {
        var pending = Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        Assert.True(pending.IsFaulted, "the caller had to wait, or got a token");
        return Assert.IsType<CiamTokenException>(pending.Exception!.InnerException).Error;
    }

    /// <summary>Waits until this many token requests have reached the portal.</summary>
    public Task RequestedAsync(int count) => RequestedAsync(Portal, count);

    /// <summary>Waits until this many token requests have reached a portal.</summary>
    public static async Task RequestedAsync(CiamPortalEmulator portal, int count)
    {
        while (portal.Requests.Count(request => request.Path == "/oauth2/token") < count)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Waits until all acquisitions have completed and been reported, including background refreshes.</summary>
    public async Task AcquisitionsCompleteAsync()
    {
        await Task.WhenAll(Acquisitions(Tokens).Select(acquisition => acquisition.Completion));
        await ReportedAsync();
    }

    /// <summary>Waits until the acquisitions that have ended were logged and measured.</summary>
    public Task ReportedAsync() => ReportedAsync(Tokens);

    /// <summary>Waits until the acquisitions of a provider that have ended were logged and measured.</summary>
    public static Task ReportedAsync(ICiamTokenProvider tokens)
        => Task.WhenAll(Acquisitions(tokens)
            .Where(acquisition => acquisition.Completion.IsCompleted).Select(acquisition => acquisition.Reported));

    private static IEnumerable<TokenAcquisition> Acquisitions(ICiamTokenProvider tokens)
        => ((CiamTokenProvider)tokens).LatestAcquisitions.Values.OfType<TokenAcquisition>();

    public void Dispose()
    {
        _services.Dispose();
        Portal.Dispose();
    }
}
