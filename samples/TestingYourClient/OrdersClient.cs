using System.Net.Http.Json;
using TencentCiam.TokenClient;

namespace TestingYourClient;

/// <summary>The client under test. It stands for your own: it calls an API as if there were no tokens.</summary>
internal sealed class OrdersClient(HttpClient http)
{
    /// <exception cref="OrdersUnavailableException">There is no token just now. A later call may succeed.</exception>
    /// <exception cref="CiamTokenException">There is no token, and there will be none until somebody mends the set-up.</exception>
    public async Task<IReadOnlyList<Order>> GetOrdersAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await http.GetFromJsonAsync<Order[]>("orders", cancellationToken) ?? [];
        }
        catch (CiamTokenException e) when (e.Error.IsTransient)
        {
            throw new OrdersUnavailableException(e);
        }
    }
}

internal sealed record Order(int Number, string Item);

internal sealed class OrdersUnavailableException(CiamTokenException inner)
    : Exception("The orders cannot be had just now.", inner)
{
    /// <summary>How long to wait before the next call; null when nobody said.</summary>
    public TimeSpan? RetryAfter { get; } = inner.Error.RetryAfter;
}
