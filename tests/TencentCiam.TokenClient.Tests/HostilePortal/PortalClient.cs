using Microsoft.Extensions.Logging;

namespace TencentCiam.TokenClient.Tests.HostilePortal;

/// <summary>
/// Owns the clock, the logs and the registered client of a hostile portal. Everything it produces is searched for the
/// secret.
/// </summary>
internal sealed class PortalClient : IAsyncDisposable
{
    public const string ClientId = "TENANT_CLIENT_ID";
    public const string Secret = "s3cr3t/of+the tenant=";

    /// <summary>As it is encoded in the form.</summary>
    public const string FormSecret = "s3cr3t%2Fof%2Bthe+tenant%3D";

    /// <summary>As it is encoded in the Basic header, after the client ID.</summary>
    public const string BasicSecret = "VEVOQU5UX0NMSUVOVF9JRDpzM2NyM3QlMkZvZiUyQnRoZSt0ZW5hbnQlM0Q=";

    private readonly ServiceProvider _services;

    public PortalClient(
        HostileServer portal,
        Action<IHttpClientBuilder>? http = null,
        Action<CiamClientCredentialsOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(Logs).SetMinimumLevel(LogLevel.Trace));
        services.AddSingleton<TimeProvider>(Clock);
        var builder = services.AddCiamClientCredentials(options =>
        {
            options.Authority = portal.Authority;
            options.ClientId = ClientId;
            options.ClientSecret = Secret;
            configure?.Invoke(options);
        });
        http?.Invoke(builder);
        _services = services.BuildServiceProvider();
    }

    public TestClock Clock { get; } = new();

    public LogCollector Logs { get; } = new();

    public ICiamTokenProvider Tokens => _services.GetRequiredService<ICiamTokenProvider>();

    public CiamTokenClient Client => _services.GetRequiredService<CiamTokenClient>();

    public Task<CiamTokenResult> RequestAsync()
        => Client.RequestTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>The result, which must not contain the secret.</summary>
    public async Task<CiamTokenResult> ResultAsync(Task<CiamTokenResult>? pending = null)
    {
        var result = await (pending ?? RequestAsync()).WaitAsync(HostileServer.MaxWait, TestContext.Current.CancellationToken);
        AssertContainsNoSecret(result.ToString());
        if (!result.TryGetToken(out _, out var error))
        {
            AssertContainsNoSecret(error.ToString());
            AssertContainsNoSecret(new CiamTokenException(error).ToString());
        }

        AssertLogsContainNoSecret();
        return result;
    }

    /// <summary>The error of exactly this kind and code, which must not contain the secret.</summary>
    public async Task<CiamTokenError> ErrorAsync(Type kind, string code, Task<CiamTokenResult>? pending = null)
    {
        var error = Assert.IsType<CiamTokenResult.Failure>(await ResultAsync(pending)).Error;
        Assert.Equal(kind, error.GetType());
        Assert.Equal(code, error.Code);
        Assert.DoesNotContain(error.Message, char.IsControl);
        return error;
    }

    /// <summary>The transient error for a broken connection or a response that is not HTTP.</summary>
    public async Task<CiamTokenError> ConnectionFailedAsync()
    {
        var error = await ErrorAsync(typeof(CiamTokenError.EndpointUnavailable), "connection_failed");
        Assert.True(error.IsTransient);
        Assert.Null(error.StatusCode);
        return error;
    }

    /// <summary>The result when the portal sends these pieces in response to one request.</summary>
    public static async Task<CiamTokenResult> JudgeAsync(params string[] pieces)
    {
        await using var portal = HostileServer.Responding(pieces);
        await using var client = new PortalClient(portal);
        var result = await client.ResultAsync();
        Assert.Contains(FormSecret, Assert.Single(portal.Connections).Received, StringComparison.Ordinal);
        return result;
    }

    public static async Task<CiamTokenError> JudgeErrorAsync(Type kind, string code, params string[] pieces)
    {
        await using var portal = HostileServer.Responding(pieces);
        await using var client = new PortalClient(portal);
        var error = await client.ErrorAsync(kind, code);
        Assert.Contains(FormSecret, Assert.Single(portal.Connections).Received, StringComparison.Ordinal);
        return error;
    }

    public void AssertLogsContainNoSecret()
    {
        Assert.NotEmpty(Logs.Entries);
        foreach (var entry in Logs.Entries)
        {
            AssertContainsNoSecret($"{entry.Message} {entry.Exception}");
        }
    }

    public static void AssertContainsNoSecret(string text)
    {
        Assert.DoesNotContain("s3cr3t", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(BasicSecret, text, StringComparison.OrdinalIgnoreCase);

        // The form in which HttpClient quotes bytes that it cannot read.
        Assert.DoesNotContain("73-33-63-72-33-74", text, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
