using System.Net.Http.Json;

namespace Worker;

/// <summary>Calls the orders API as if there were no tokens: the handler of its HttpClient sees to them.</summary>
internal sealed class OrdersClient(HttpClient http)
{
    public async Task<OrderList> GetOrdersAsync(CancellationToken cancellationToken)
        => await http.GetFromJsonAsync<OrderList>("orders", cancellationToken)
            ?? throw new HttpRequestException("The orders API answered without orders.");
}

internal sealed record OrderList(IReadOnlyList<Order> Orders);

internal sealed record Order(int Number, string Item);
