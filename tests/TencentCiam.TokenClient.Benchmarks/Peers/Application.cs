namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>The application that every peer authenticates as. The endpoint takes any.</summary>
internal static class Application
{
    public const string ClientId = "YTFiNjEzM2FiNTJiNDJmNjhlZTIzNzM3MDkzMThjMjE";
    public const string ClientSecret = "benchmarks+have/no+secrets+here=";

    /// <summary>What is posted by a peer whose user writes the request.</summary>
    public static FormUrlEncodedContent NewForm() => new(
    [
        new("grant_type", "client_credentials"),
        new("client_id", ClientId),
        new("client_secret", ClientSecret),
    ]);
}
