namespace Fleet;

/// <summary>Calls the orders API without any token code: the handler of its HttpClient attaches the tokens.</summary>
internal sealed class OrdersClient(HttpClient http)
{
    public async Task<OrderList> GetOrdersAsync(CancellationToken cancellationToken)
        => await http.GetFromJsonAsync<OrderList>("orders", cancellationToken)
            ?? throw new HttpRequestException("The orders API returned no orders.");
}

/// <param name="Orders">The orders.</param>
internal sealed record OrderList(IReadOnlyList<Order> Orders);

internal sealed record Order(int Number, string Item);
