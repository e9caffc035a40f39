namespace TencentCiam.TokenClient.Benchmarks.Simulation;

/// <summary>What a simulated fleet has done.</summary>
/// <param name="Requests">The number of token requests in each life of a token.</param>
/// <param name="ClaimsPerLife">The mean number of instances that claim a request.</param>
internal sealed record FleetRun(IReadOnlyList<int> Requests, double ClaimsPerLife)
{
    public double RequestsPerLife => Requests.Average();

    /// <summary>The standard error of <see cref="RequestsPerLife"/>.</summary>
    public double StandardError
        => Math.Sqrt(Requests.Sum(requests => Math.Pow(requests - RequestsPerLife, 2)) / (Requests.Count - 1) / Requests.Count);
}
