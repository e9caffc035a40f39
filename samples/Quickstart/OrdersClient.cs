namespace Quickstart;

/// <summary>Calls the orders API without any token code: the handler of its HttpClient attaches the tokens.</summary>
internal sealed class OrdersClient(HttpClient http)
{
    public async Task<OrderList> GetOrdersAsync(CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync("orders", cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            // The challenge says why the API rejected the token; the message of EnsureSuccessStatusCode would not contain it.
            throw new HttpRequestException(
                $"The orders API returned HTTP {(int)response.StatusCode} (WWW-Authenticate: {response.Headers.WwwAuthenticate}).",
                inner: null,
                response.StatusCode);
        }

        return await response.Content.ReadFromJsonAsync<OrderList>(cancellationToken)
            ?? throw new HttpRequestException("The orders API returned no orders.");
    }
}

/// <param name="Orders">The orders.</param>
/// <param name="TokenId">The id (jti) of the token that the call used. It is not a secret.</param>
internal sealed record OrderList(IReadOnlyList<Order> Orders, string? TokenId);

internal sealed record Order(int Number, string Item);
