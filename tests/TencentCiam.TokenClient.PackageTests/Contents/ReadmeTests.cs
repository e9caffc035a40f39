using System.Text.RegularExpressions;

namespace TencentCiam.TokenClient.PackageTests.Contents;

public sealed partial class ReadmeTests(PackedPackages packages)
{
    [Theory]
    [MemberData(nameof(Package.Ids), MemberType = typeof(Package))]
    public void The_README_contains_the_package_name_and_the_install_command(string id)
    {
        var readme = Read(id);

        Assert.StartsWith($"# {id}\n", readme, StringComparison.Ordinal);
        Assert.Contains($"\ndotnet add package {id}\n", readme, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Package.Ids), MemberType = typeof(Package))]
    public void All_links_in_the_README_are_absolute(string id)
    {
        var links = Link().Matches(Read(id)).Select(match => match.Groups[1].Value).ToArray();

        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.StartsWith("https://", link, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Package.Ids), MemberType = typeof(Package))]
    public void Every_README_snippet_also_appears_in_the_repositorys_README_where_tests_run_it(string id)
    {
        var repository = File.ReadAllText(Path.Combine(PackedPackages.RepositoryRoot, "README.md")).ReplaceLineEndings("\n");
        var snippets = FencedCSharp().Matches(Read(id)).Select(match => match.Value).ToArray();

        Assert.NotEmpty(snippets);
        Assert.All(snippets, snippet => Assert.Contains(snippet, repository, StringComparison.Ordinal));
    }

    private string Read(string id)
    {
        using var package = Package.Open(packages, id);
        return package.ReadText("README.md").ReplaceLineEndings("\n");
    }

    [GeneratedRegex(@"\]\(([^)]*)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^```csharp\n.*?^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex FencedCSharp();
}
