namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>The application that every peer authenticates as. The endpoint takes any.</summary>
internal static class Application
{
    public const string ClientId = "YTFiNjEzM2FiNTJiNDJmNjhlZTIzNzM3MDkzMThjMjE";
    public const string ClientSecret = "benchmarks+have/no+secrets+here=";
}
