namespace TencentCiam.TokenClient.Telemetry;

/// <summary>How logs, metrics and activities name a client.</summary>
internal static class ClientName
{
    public static string Of(string name) => name.Length == 0 ? "(unnamed)" : name;
}
