namespace Quickstart;

/// <summary>Calls the orders API as if there were no tokens: the handler of its HttpClient sees to them.</summary>
internal sealed class OrdersClient(HttpClient http)
{
    public async Task<OrderList> GetOrdersAsync(CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync("orders", cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            // The challenge says what the API has against the token; EnsureSuccessStatusCode would leave it out.
            throw new HttpRequestException(
                $"The orders API answered HTTP {(int)response.StatusCode}, WWW-Authenticate: {response.Headers.WwwAuthenticate}",
                inner: null,
                response.StatusCode);
        }

        return await response.Content.ReadFromJsonAsync<OrderList>(cancellationToken)
            ?? throw new HttpRequestException("The orders API answered without orders.");
    }
}

/// <param name="Orders">The orders.</param>
/// <param name="TokenId">The id (jti) of the token that the call was served by. Not the token, and no secret.</param>
internal sealed record OrderList(IReadOnlyList<Order> Orders, string? TokenId);

internal sealed record Order(int Number, string Item);
