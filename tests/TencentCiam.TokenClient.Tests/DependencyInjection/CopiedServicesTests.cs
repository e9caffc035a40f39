namespace TencentCiam.TokenClient.Tests.DependencyInjection;

/// <summary>Services that are copied to other collections, such as one for each test or tenant.</summary>
public sealed class CopiedServicesTests
{
    [Fact]
    public void A_client_can_be_added_to_several_copies_of_the_same_services()
    {
        var services = new ServiceCollection();
        services.AddCiamClientCredentials("one", Configure);

        // All are copied before "two" is added to any of them.
        foreach (var copied in (IServiceCollection[])[Copy(services), services, Copy(services), Copy(services)])
        {
            copied.AddCiamClientCredentials("two", Configure);

            using var provider = copied.BuildServiceProvider();
            Assert.NotNull(provider.GetRequiredKeyedService<ICiamTokenProvider>("one"));
            Assert.NotNull(provider.GetRequiredKeyedService<ICiamTokenProvider>("two"));
            Assert.NotNull(provider.GetRequiredKeyedService<CiamTokenClient>("two"));
        }
    }

    [Fact]
    public void A_client_that_was_copied_is_not_registered_again()
    {
        var services = new ServiceCollection();
        services.AddCiamClientCredentials("one", Configure);

        var copy = Copy(services);
        copy.AddCiamClientCredentials("one", Configure);

        using var provider = copy.BuildServiceProvider();
        Assert.Single(provider.GetKeyedServices<ICiamTokenProvider>("one"));
        Assert.Single(provider.GetKeyedServices<CiamTokenClient>("one"));
    }

    private static void Configure(CiamClientCredentialsOptions options)
        => (options.Authority, options.ClientId, options.ClientSecret) = (new("https://portal.example.com"), "id", "secret");

    private static ServiceCollection Copy(ServiceCollection services)
    {
        var copy = new ServiceCollection();
        foreach (var service in services)
        {
            ((ICollection<ServiceDescriptor>)copy).Add(service);
        }

        return copy;
    }
}
