namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

internal sealed record Plan(double Draw, int RequestTimeout, Step[] Steps)
{
    public override string ToString()
        => string.Join("\n  ", Steps.Select(step => step.ToString()).Prepend($"draw {Draw}, RequestTimeout {RequestTimeout} s"));
}
