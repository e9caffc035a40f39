namespace TencentCiam.TokenClient.DocumentationTests;

public sealed class ReadmeTests
{
    [Fact]
    public void The_README_lists_every_option_and_every_error()
    {
        var readme = Read("README.md");

        Assert.All(
            typeof(CiamClientCredentialsOptions).GetProperties().Concat(typeof(CiamBearerTokenHandlerOptions).GetProperties()),
            option => Assert.Contains($"`{option.Name}`", readme, StringComparison.Ordinal));
        Assert.All(
            typeof(CiamTokenError).GetNestedTypes(),
            error => Assert.Contains($"| `{error.Name}` |", readme, StringComparison.Ordinal));
    }

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(ReadmeTests).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
