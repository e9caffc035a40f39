using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Tests.ClientStore;

namespace TencentCiam.TokenClient.Tests.Hosting;

/// <summary>Clients of a store that are kept warm.</summary>
public sealed class StoredClientTests
{
    [Fact]
    public async Task A_client_of_the_store_is_kept_warm_from_its_first_use_until_it_is_forgotten()
    {
        using var host = new StoreHost();
        var application = host.Add("tenant-42");
        host.Store.Clients["tenant-42"] = () => KeepWarm(host.Options(application));
        await AdvanceAsync(host, 600);
        Assert.Equal(0, host.TokenRequests);

        await host.TokenAsync("tenant-42");
        await AdvanceAsync(host, 3000);
        var pending = host.Tokens("tenant-42").GetTokenAsync(null, TestContext.Current.CancellationToken).AsTask();
        Assert.True(pending.IsCompletedSuccessfully, "the caller had to wait");

        await AdvanceAsync(host, 3600 + 60);
        Assert.Equal(0, host.ClientsInUse);
        var requests = host.TokenRequests;
        await AdvanceAsync(host, 3600);
        Assert.Equal(requests, host.TokenRequests);
    }

    [Fact]
    public async Task A_client_is_no_longer_kept_warm_when_the_store_says_so()
    {
        using var host = new StoreHost();
        var application = host.Add("tenant-42");
        host.Store.Clients["tenant-42"] = () => KeepWarm(host.Options(application));
        await host.TokenAsync("tenant-42");
        await AdvanceAsync(host, 250);
        Assert.Equal(2, host.TokenRequests);

        host.Store.Clients["tenant-42"] = () => host.Options(application);
        await AdvanceAsync(host, 1800);

        Assert.Equal(3, host.TokenRequests);
    }

    [Fact]
    public async Task A_client_of_the_store_is_not_kept_warm_after_the_service_provider_is_disposed()
    {
        var host = new StoreHost();
        var application = host.Add("tenant-42");
        host.Store.Clients["tenant-42"] = () => KeepWarm(host.Options(application));
        await host.TokenAsync("tenant-42");
        var requests = host.TokenRequests;

        host.Dispose();
        host.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(requests, host.TokenRequests);
    }

    private static CiamClientCredentialsOptions KeepWarm(CiamClientCredentialsOptions options)
    {
        options.KeepWarm = true;
        return options;
    }

    private static async Task AdvanceAsync(StoreHost host, double seconds)
    {
        for (var passed = 0.0; passed < seconds; passed += 2)
        {
            host.Clock.AdvanceSeconds(2);
            if (host.ClientsInUse > 0)
            {
                await Task.WhenAll(((CiamTokenProvider)host.Tokens("tenant-42")).LatestAcquisitions.Values
                    .OfType<TokenAcquisition>().Select(acquisition => acquisition.Completion));
            }
        }
    }
}
