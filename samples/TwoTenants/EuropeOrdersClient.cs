namespace TwoTenants;

/// <summary>Europe's orders, by a typed client written by hand.</summary>
internal sealed class EuropeOrdersClient(HttpClient http)
{
    public async Task<OrderList> GetOrdersAsync(CancellationToken cancellationToken)
        => await http.GetFromJsonAsync<OrderList>("orders", cancellationToken)
            ?? throw new HttpRequestException("The orders API answered without orders.");
}
