namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>What must hold in every run.</summary>
internal static class Invariant
{
    // Only a bug reaches this limit: a caller or an acquisition that nothing will ever wake.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public static void Require(bool holds, string invariant)
    {
        if (!holds)
        {
            throw new InvalidOperationException("Broken: " + invariant);
        }
    }

    /// <summary>Waits for any of the tasks to end.</summary>
    public static async Task RequireEndAsync(string invariant, params Task[] any)
    {
        try
        {
            await Task.WhenAny(any).WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException("Broken: " + invariant);
        }
    }
}
