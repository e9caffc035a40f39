namespace Worker;

/// <summary>The section "Orders".</summary>
internal sealed class OrdersOptions
{
    /// <summary>The base address of the orders API.</summary>
    public required Uri Address { get; init; }

    /// <summary>The interval at which the orders are requested.</summary>
    public required TimeSpan Interval { get; init; }
}
