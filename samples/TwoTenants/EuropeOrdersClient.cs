namespace TwoTenants;

/// <summary>Gets Europe's orders with a hand-written typed client.</summary>
internal sealed class EuropeOrdersClient(HttpClient http)
{
    public async Task<OrderList> GetOrdersAsync(CancellationToken cancellationToken)
        => await http.GetFromJsonAsync<OrderList>("orders", cancellationToken)
            ?? throw new HttpRequestException("The orders API returned no orders.");
}
