using TencentCiam.TokenClient;

namespace ManyTenants;

/// <summary>Calls the orders API as the tenant of each call.</summary>
internal sealed class OrdersClient(HttpClient http)
{
    public async Task<OrderList> GetOrdersAsync(string tenant, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders").UseCiamClient(tenant);
        using var response = await http.SendAsync(request, cancellationToken);
        return await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<OrderList>(cancellationToken)
            ?? throw new HttpRequestException("The orders API returned no orders.");
    }
}

/// <param name="Caller">The application that called the orders API.</param>
/// <param name="Orders">The orders.</param>
internal sealed record OrderList(string Caller, IReadOnlyList<Order> Orders);

internal sealed record Order(int Number, string Item);
