using Refit;

namespace TwoTenants;

/// <summary>Gets Asia's orders with a client that Refit generates.</summary>
internal interface IAsiaOrdersApi
{
    [Get("/orders")]
    Task<OrderList> GetOrdersAsync(CancellationToken cancellationToken);
}
