namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>A sequence of steps, with the random number that decides all jitter.</summary>
internal sealed record Plan(double Draw, int RequestTimeout, Step[] Steps)
{
    public override string ToString()
        => string.Join("\n  ", Steps.Select(step => step.ToString()).Prepend($"draw {Draw}, RequestTimeout {RequestTimeout} s"));
}
