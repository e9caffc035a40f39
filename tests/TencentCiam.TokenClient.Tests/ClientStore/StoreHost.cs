using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.ClientStore;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.ClientStore;

/// <summary>Owns the clock, the portal, the store and its clients, each of which is an application of the portal.</summary>
internal sealed class StoreHost : IDisposable
{
    private readonly ServiceProvider _services;

    public StoreHost(
        int lifetimeSeconds = 300,
        bool pauseBetweenAttempts = false,
        Action<IServiceCollection>? services = null)
    {
        LifetimeSeconds = lifetimeSeconds;
        Portal = new CiamPortalEmulator(timeProvider: Clock, signingKey: CiamHost.SigningKey);
        var collection = new ServiceCollection();
        collection.AddLogging(logging => logging.AddProvider(Logs).SetMinimumLevel(LogLevel.Trace));
        collection.AddSingleton(Store);
        collection.AddCiamClientStore<FakeStore.Scoped>().UseEmulator(Portal, pauseBetweenAttempts: pauseBetweenAttempts);
        services?.Invoke(collection);
        _services = collection.BuildServiceProvider(validateScopes: true);
    }

    public int LifetimeSeconds { get; }

    public TestClock Clock { get; } = new();

    public CiamPortalEmulator Portal { get; }

    public FakeStore Store { get; } = new();

    public LogCollector Logs { get; } = new();

    public IServiceProvider Services => _services;

    public int TokenRequests => Portal.Requests.Count(request => request.Path == "/oauth2/token");

    /// <summary>How many clients of the store have state.</summary>
    public int ClientsInUse => _services.GetRequiredService<StoredClients>().Count;

    /// <summary>How many slots may be dropped.</summary>
    public int Slots => _services.GetRequiredService<SlotEviction>().Count;

    /// <summary>Adds an application to the portal and the client to the store.</summary>
    public CiamPortalApplication Add(string name)
    {
        var application = Portal.AddApplication();
        application.AccessTokenLifetime = TimeSpan.FromSeconds(LifetimeSeconds);
        application.Scopes = ["orders.read", "orders.write"];
        Store.Clients[name] = () => Options(application);
        return application;
    }

    /// <summary>The application's current credentials.</summary>
    public CiamClientCredentialsOptions Options(CiamPortalApplication application) => new()
    {
        Authority = Portal.Authority,
        ClientId = application.ClientId,
        ClientSecret = application.ClientSecret,
    };

    public ICiamTokenProvider Tokens(string name)
        => _services.GetRequiredService<ICiamTokenProviderFactory>().GetProvider(name);

    /// <summary>A token, after waiting if necessary, and after everything was logged and measured.</summary>
    public async Task<CiamAccessToken> TokenAsync(string name, string? scope = null)
    {
        var tokens = Tokens(name);
        try
        {
            return await tokens.GetTokenAsync(scope, TestContext.Current.CancellationToken);
        }
        finally
        {
            await CiamHost.ReportedAsync(tokens);
        }
    }

    public async Task<CiamTokenError> ErrorAsync(string name)
        => (await Assert.ThrowsAsync<CiamTokenException>(() => TokenAsync(name))).Error;

    /// <summary>Waits until the client's acquisitions have completed, including background refreshes.</summary>
    public async Task AcquisitionsCompleteAsync(string name)
    {
        var tokens = (CiamTokenProvider)Tokens(name);
        await Task.WhenAll(tokens.LatestAcquisitions.Values.OfType<TokenAcquisition>().Select(acquisition => acquisition.Completion));
        await CiamHost.ReportedAsync(tokens);
    }

    public void Dispose()
    {
        _services.Dispose();
        Portal.Dispose();
    }
}

/// <summary>A store whose clients a test adds, changes and removes.</summary>
internal sealed class FakeStore
{
    private int _running;

    public ConcurrentDictionary<string, Func<CiamClientCredentialsOptions?>> Clients { get; } = new(StringComparer.Ordinal);

    /// <summary>The name of each lookup.</summary>
    public ConcurrentQueue<string> Lookups { get; } = new();

    /// <summary>The services of each lookup.</summary>
    public ConcurrentQueue<Scoped> Instances { get; } = new();

    /// <summary>What a lookup waits for before it returns.</summary>
    public Func<CancellationToken, Task>? Wait { get; set; }

    public int MaxConcurrent { get; private set; }

    internal async ValueTask<CiamClientCredentialsOptions?> FindAsync(string name, CancellationToken cancellationToken)
    {
        Lookups.Enqueue(name);
        lock (Lookups)
        {
            MaxConcurrent = Math.Max(MaxConcurrent, ++_running);
        }

        try
        {
            if (Wait is { } wait)
            {
                await wait(cancellationToken);
            }

            return Clients.TryGetValue(name, out var find) ? find() : null;
        }
        finally
        {
            lock (Lookups)
            {
                _running--;
            }
        }
    }

    internal sealed class Scoped : ICiamClientStore, IDisposable
    {
        private readonly FakeStore _store;

        public Scoped(FakeStore store)
        {
            _store = store;
            store.Instances.Enqueue(this);
        }

        public bool IsDisposed { get; private set; }

        public ValueTask<CiamClientCredentialsOptions?> FindAsync(string name, CancellationToken cancellationToken)
            => _store.FindAsync(name, cancellationToken);

        public void Dispose() => IsDisposed = true;
    }
}
