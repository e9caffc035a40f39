using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class AFleetSharesItsTokensRecipe
{
    private readonly SharedMemory _cache = new();

    [Fact]
    public async Task A_second_instance_makes_no_token_request()
    {
        using var portal = new CiamPortalEmulator();
        using var first = CreateInstance(portal);
        using var second = CreateInstance(portal);

        var token = await TokenAsync(first);

        // An instance shares its token, and withdraws its claim, after it has returned the token.
        await _cache.HasRemoved.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(token.Value, (await TokenAsync(second)).Value);
        Assert.Single(portal.Requests);
    }

    private IHost CreateInstance(CiamPortalEmulator portal)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);

        // <snippet>
        builder.Services.AddStackExchangeRedisCache(options => options.Configuration = "redis:6379");
        builder.Services.AddCiamClientCredentials().AddDistributedTokenCache();
        // </snippet>

        builder.Services.AddSingleton<IDistributedCache>(_cache);
        builder.Services.AddCiamClientCredentials().UseEmulator(portal);
        return builder.Build();
    }

    private static async Task<CiamAccessToken> TokenAsync(IHost instance)
        => await instance.Services.GetRequiredService<ICiamTokenProvider>()
            .GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

    private sealed class SharedMemory()
        : MemoryDistributedCache(Options.Create(new Microsoft.Extensions.Caching.Memory.MemoryDistributedCacheOptions())), IDistributedCache
    {
        public TaskCompletionSource HasRemoved { get; } = new();

        async Task IDistributedCache.RemoveAsync(string key, CancellationToken token)
        {
            await RemoveAsync(key, token);
            HasRemoved.TrySetResult();
        }
    }
}
