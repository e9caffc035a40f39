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

    /// <summary>For all portals: making a key takes longer than most tests.</summary>
    public static RSA SigningKey { get; } = RSA.Create(2048);

    public TestClock Clock { get; } = new();

    public CiamPortalEmulator Portal { get; }

    public LogCollector Logs { get; } = new();

    public IServiceProvider Services => _services;

    public ICiamTokenProvider Tokens => _services.GetRequiredService<ICiamTokenProvider>();

    /// <summary>How many token requests have reached the portal.</summary>
    public int TokenRequests => Portal.Requests.Count(request => request.Path == "/oauth2/token");

    /// <summary>A token, waited for if need be.</summary>
    public Task<CiamAccessToken> TokenAsync(string? scope = null)
        => Tokens.GetTokenAsync(scope, TestContext.Current.CancellationToken).AsTask();

    /// <summary>A token that was there without waiting.</summary>
    public CiamAccessToken TokenAtOnce()
    {
        var pending = Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        Assert.True(pending.IsCompletedSuccessfully, "the caller had to wait");
        return pending.Result;
    }

    /// <summary>The error that a caller meets.</summary>
    public async Task<CiamTokenError> ErrorAsync()
        => (await Assert.ThrowsAsync<CiamTokenException>(() => TokenAsync())).Error;

    /// <summary>The error that a caller meets without waiting.</summary>
    public CiamTokenError ErrorAtOnce()
    {
        var pending = Tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        Assert.True(pending.IsFaulted, "the caller had to wait, or got a token");
        return Assert.IsType<CiamTokenException>(pending.Exception!.InnerException).Error;
    }

    /// <summary>Waits for what goes on in the background.</summary>
    public Task AcquisitionsAsync() => Task.WhenAll(((CiamTokenProvider)Tokens).Completions.Values);

    public void Dispose()
    {
        _services.Dispose();
        Portal.Dispose();
    }
}
