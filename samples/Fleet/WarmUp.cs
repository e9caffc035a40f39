namespace Fleet;

/// <summary>
/// A call with a token of another application, so that .NET compiles what a call needs. On a small machine, twenty processes that
/// compile at once take longer than the second for which an instance waits for another's token. Instances that have machines of
/// their own need no such thing.
/// </summary>
internal static class WarmUp
{
    /// <summary>The name of the client, and of the section with its options.</summary>
    public const string Name = "WarmUp";

    public static void Add(IServiceCollection services, IConfiguration configuration, InstanceSettings settings)
    {
        services.AddCiamClientCredentials(Name, configuration.GetRequiredSection(Name)).AddDistributedTokenCache(options =>
        {
            // Of this instance alone, so that it goes all the way to the portal.
            options.KeyPrefix = $"{settings.KeyPrefix}{settings.Name}:";
            options.Timeout = InstanceProgram.CacheTimeout;
        });
        services.AddHttpClient(Name, client => client.BaseAddress = settings.OrdersAddress).AddCiamClientCredentialsHandler(Name);
    }

    public static async Task RunAsync(IServiceProvider services)
    {
        using var http = services.GetRequiredService<IHttpClientFactory>().CreateClient(Name);
        try
        {
            await new OrdersClient(http).GetOrdersAsync(CancellationToken.None);
        }
        catch (HttpRequestException)
        {
            // On a machine that is too busy for this, the first real call is only slower.
        }
    }
}
