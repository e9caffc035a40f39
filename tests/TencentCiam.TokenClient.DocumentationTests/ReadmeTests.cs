using System.Text.RegularExpressions;

namespace TencentCiam.TokenClient.ContractTests;

public sealed partial class ReadmeTests
{
    [Fact]
    public void Every_snippet_of_the_README_is_one_that_is_compiled_and_run()
    {
        var inReadme = FencedCSharp().Matches(Read("README.md")).Select(match => match.Groups[1].Value).ToArray();
        var inTests = Marked().Matches(Read("ReadmeSnippets.cs")).Select(match => Unindent(match.Groups[1].Value)).ToArray();

        Assert.NotEmpty(inReadme);
        Assert.Equal(inTests, inReadme);
    }

    [Fact]
    public void The_README_knows_every_option_and_every_error()
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

    private static string Unindent(string snippet)
    {
        var lines = snippet.Split('\n');
        var indentation = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length > 0 ? line[indentation..] : line));
    }

    [GeneratedRegex("^```csharp\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex FencedCSharp();

    [GeneratedRegex("^ *// <snippet>\n(.*?)^ *// </snippet>$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Marked();
}
