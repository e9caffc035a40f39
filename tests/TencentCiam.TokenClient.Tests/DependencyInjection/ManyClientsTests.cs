using System.Collections;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.DependencyInjection;

/// <summary>Thousands of clients in one service collection.</summary>
public sealed class ManyClientsTests
{
    [Fact]
    public void The_services_that_the_registration_of_a_client_reads_do_not_grow_with_the_number_of_clients()
    {
        var services = new CountingServices();
        Register(services, 0, 100);

        var early = services.CountReads(() => Register(services, 100, 200));
        Register(services, 200, 1000);
        var late = services.CountReads(() => Register(services, 1000, 1100));

        Assert.Equal(early, late);
    }

    [Fact]
    public async Task Each_of_many_clients_inherits_the_defaults_before_its_own_configuration()
    {
        using var portal = new CiamPortalEmulator(signingKey: CiamHost.SigningKey);
        var order = new List<string>();
        var services = new ServiceCollection();
        foreach (var name in (string[])["one", "two"])
        {
            services.AddCiamClientCredentials(name, _ => { }).UseEmulator(portal)
                .ConfigureHttpClient(_ => order.Add("own"));
        }

        services.ConfigureHttpClientDefaults(http => http.ConfigureHttpClient(_ => order.Add("inherited")));
        using var provider = services.BuildServiceProvider();
        await provider.GetRequiredKeyedService<ICiamTokenProvider>("two")
            .GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["inherited", "own"], order);
    }

    [Fact]
    public void A_token_provider_that_was_registered_before_its_client_stays()
    {
        var (fake, named) = (new Fake(), new Fake());
        var services = new ServiceCollection();
        services.AddCiamClientCredentials("first", _ => { });
        services.AddSingleton<ICiamTokenProvider>(fake);
        services.AddKeyedSingleton<ICiamTokenProvider>("partners", named);
        services.AddCiamClientCredentials(_ => { });
        services.AddCiamClientCredentials("partners", _ => { });
        using var provider = services.BuildServiceProvider();

        Assert.Same(fake, provider.GetRequiredService<ICiamTokenProvider>());
        Assert.Same(named, provider.GetRequiredKeyedService<ICiamTokenProvider>("partners"));
        Assert.Single(provider.GetKeyedServices<ICiamTokenProvider>("partners"));
    }

    [Fact]
    public void A_token_provider_that_took_the_place_of_removed_services_stays()
    {
        var fake = new Fake();
        var services = new ServiceCollection();
        services.AddSingleton("removed");
        services.AddCiamClientCredentials("first", _ => { });
        services.RemoveAt(0);
        services.AddKeyedSingleton<ICiamTokenProvider>("partners", fake);
        services.AddCiamClientCredentials("partners", _ => { });
        using var provider = services.BuildServiceProvider();

        Assert.Same(fake, provider.GetRequiredKeyedService<ICiamTokenProvider>("partners"));
    }

    [Fact]
    public void A_client_can_be_added_to_copied_services()
    {
        var services = new ServiceCollection();
        services.AddCiamClientCredentials("one", _ => { });
        IServiceCollection copy = new ServiceCollection();
        foreach (var service in services)
        {
            copy.Add(service);
        }

        var count = services.Count;
        copy.AddCiamClientCredentials("two", _ => { }).ConfigureHttpClient(client => client.Timeout = TimeSpan.FromMinutes(1));
        using var provider = copy.BuildServiceProvider();
        var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("TencentCiam.TokenClient:two");

        Assert.Equal(TimeSpan.FromMinutes(1), client.Timeout);
        Assert.Equal(count, services.Count);
    }

    private static void Register(IServiceCollection services, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            services.AddCiamClientCredentials($"client-{i}", _ => { });
        }
    }

    private sealed class Fake : ICiamTokenProvider
    {
        public ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
            => throw new NotSupportedException();

        public void Invalidate(CiamAccessToken token) => throw new NotSupportedException();
    }

    /// <summary>Counts how many services are read.</summary>
    private sealed class CountingServices : IServiceCollection
    {
        private readonly List<ServiceDescriptor> _services = [];
        private long _reads;

        public int Count => _services.Count;

        public bool IsReadOnly => false;

        public ServiceDescriptor this[int index]
        {
            get
            {
                _reads++;
                return _services[index];
            }
            set => _services[index] = value;
        }

        public long CountReads(Action action)
        {
            var before = _reads;
            action();
            return _reads - before;
        }

        public IEnumerator<ServiceDescriptor> GetEnumerator()
        {
            foreach (var service in _services)
            {
                _reads++;
                yield return service;
            }
        }

        public int IndexOf(ServiceDescriptor item)
        {
            var index = _services.IndexOf(item);
            _reads += index < 0 ? Count : index + 1;
            return index;
        }

        public bool Contains(ServiceDescriptor item) => IndexOf(item) >= 0;

        public void Add(ServiceDescriptor item) => _services.Add(item);

        public void Insert(int index, ServiceDescriptor item) => _services.Insert(index, item);

        public bool Remove(ServiceDescriptor item) => _services.Remove(item);

        public void RemoveAt(int index) => _services.RemoveAt(index);

        public void Clear() => _services.Clear();

        public void CopyTo(ServiceDescriptor[] array, int arrayIndex)
        {
            _reads += Count;
            _services.CopyTo(array, arrayIndex);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
