using Refit;

namespace TwoTenants;

/// <summary>Asia's orders, by a client that Refit writes.</summary>
internal interface IAsiaOrdersApi
{
    [Get("/orders")]
    Task<OrderList> GetOrdersAsync(CancellationToken cancellationToken);
}
