namespace TwoTenants;

/// <param name="Caller">The application that called the orders API.</param>
/// <param name="Orders">The orders.</param>
internal sealed record OrderList(string Caller, IReadOnlyList<Order> Orders);

internal sealed record Order(int Number, string Item);
