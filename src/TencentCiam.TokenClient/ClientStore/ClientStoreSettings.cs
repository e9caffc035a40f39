namespace TencentCiam.TokenClient.ClientStore;

/// <summary>What applies to all clients of the store.</summary>
internal sealed class ClientStoreSettings
{
    /// <summary>Whether an acquisition pauses between its attempts. The test package switches it off.</summary>
    public bool PausesBetweenAttempts { get; set; } = true;
}
