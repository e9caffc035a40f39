using System.Net.Http.Json;
using TencentCiam.TokenClient;

namespace TestingYourClient;

/// <summary>The client under test, a stand-in for your own: it calls an API without any token code.</summary>
internal sealed class OrdersClient(HttpClient http)
{
    /// <exception cref="OrdersUnavailableException">No token is available at the moment. A later call may succeed.</exception>
    /// <exception cref="CiamTokenException">No token is available. Retrying will not help until the set-up is fixed.</exception>
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
    : Exception("The orders are temporarily unavailable.", inner)
{
    /// <summary>How long to wait before the next call; null if unknown.</summary>
    public TimeSpan? RetryAfter { get; } = inner.Error.RetryAfter;
}
