using Microsoft.Extensions.DependencyInjection;

namespace TestingYourClient;

/// <summary>Registers the client, as your program would. The tests use the same method.</summary>
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
