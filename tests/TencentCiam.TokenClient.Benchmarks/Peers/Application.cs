namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>The application that every peer authenticates as. The endpoint accepts any credentials.</summary>
internal static class Application
{
    public const string ClientId = "YTFiNjEzM2FiNTJiNDJmNjhlZTIzNzM3MDkzMThjMjE";
    public const string ClientSecret = "benchmarks+have/no+secrets+here=";

    /// <summary>The token request of a peer that leaves it to the user.</summary>
    public static FormUrlEncodedContent NewForm() => new(
    [
        new("grant_type", "client_credentials"),
        new("client_id", ClientId),
        new("client_secret", ClientSecret),
    ]);
}
