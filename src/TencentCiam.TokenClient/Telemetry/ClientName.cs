namespace TencentCiam.TokenClient.Telemetry;

/// <summary>How texts, logs, metrics and activities name a client. The name of a client of a store may come from outside.</summary>
internal static class ClientName
{
    public static string Of(string name)
    {
        var clean = name.Length == 0 ? "(unnamed)" : ServerText.Clean(name);

        // The same string, so that each client holds it once.
        return clean == name ? name : clean;
    }

    public static string Quote(string name) => name.Length == 0 ? "(unnamed)" : $"\"{ServerText.Clean(name)}\"";
}
