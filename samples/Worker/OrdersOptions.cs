namespace Worker;

/// <summary>The section "Orders".</summary>
internal sealed class OrdersOptions
{
    /// <summary>Where the orders API is.</summary>
    public required Uri Address { get; init; }

    /// <summary>How long from one look at the orders to the next.</summary>
    public required TimeSpan Interval { get; init; }
}
