using Microsoft.Extensions.DependencyInjection;

namespace TestingYourClient;

/// <summary>How your program registers its client. The tests register it by the same method.</summary>
internal static class OrdersServices
{
    public static IServiceCollection AddOrders(this IServiceCollection services)
    {
        services.AddCiamClientCredentials();
        services.AddHttpClient<OrdersClient>(client => client.BaseAddress = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler(options => options.Scope = "orders.read");
        return services;
    }
}
