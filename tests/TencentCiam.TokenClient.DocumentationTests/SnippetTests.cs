using System.Reflection;
using System.Text.RegularExpressions;

namespace TencentCiam.TokenClient.DocumentationTests;

/// <summary>
/// The C# snippets of a document are the code between the <c>// &lt;snippet&gt;</c> markers of the tests that run it, in the
/// same order. The test file is named after the document (<c>README.md</c>: <c>ReadmeSnippets.cs</c>); for
/// <c>docs/recipes.md</c>, after the section (<c>## SignalR</c>: <c>SignalRRecipe.cs</c>).
/// </summary>
public sealed partial class SnippetTests
{
    private const string Recipes = "docs/recipes.md";

    private static readonly Assembly ThisAssembly = typeof(SnippetTests).Assembly;
    private static readonly Dictionary<string, string[]> InDocuments = DocumentedSnippets();
    private static readonly Dictionary<string, string[]> InTests = TestedSnippets();

    public static TheoryData<string> TestFiles => [.. InTests.Keys.Union(InDocuments.Keys, StringComparer.OrdinalIgnoreCase)];

    [Theory]
    [MemberData(nameof(TestFiles))]
    public void Documented_snippets_are_those_that_tests_compile_and_run(string testFile)
        => Assert.Equal(InTests.GetValueOrDefault(testFile, []), InDocuments.GetValueOrDefault(testFile, []));

    [Fact]
    public void Every_recipe_has_a_snippet_and_an_entry_in_the_contents_list()
    {
        var recipes = Section().Matches(Read(Recipes)).Skip(1).Select(section => section.Groups["heading"].Value).ToArray();

        Assert.NotEmpty(recipes);
        Assert.All(recipes, recipe => Assert.Contains(TestFileOf(recipe, "Recipe"), InDocuments));
        Assert.Equal(
            recipes.Select(recipe => $"[{recipe}](#{recipe.ToLowerInvariant().Replace(' ', '-')})"),
            ContentsEntry().Matches(Read(Recipes)).Select(entry => entry.Groups["link"].Value));
    }

    private static Dictionary<string, string[]> DocumentedSnippets()
    {
        var texts = Resources(".md")
            .Where(document => document != Recipes)
            .Select(document => (TestFile: TestFileOf(Path.GetFileNameWithoutExtension(document), "Snippets"), Text: Read(document)))
            .Concat(Section().Matches(Read(Recipes))
                .Select(section => (TestFile: TestFileOf(section.Groups["heading"].Value, "Recipe"), Text: section.Value)));
        return Snippets(texts, FencedCSharp());
    }

    private static Dictionary<string, string[]> TestedSnippets()
        => Snippets(Resources(".cs").Select(testFile => (testFile, Read(testFile))), Marked());

    private static Dictionary<string, string[]> Snippets(IEnumerable<(string TestFile, string Text)> texts, Regex snippet)
        => texts
            .Select(text => (
                text.TestFile,
                Snippets: snippet.Matches(text.Text).Select(match => Unindent(match.Groups["code"].Value)).ToArray()))
            .Where(found => found.Snippets.Length > 0)
            .ToDictionary(found => found.TestFile, found => found.Snippets, StringComparer.OrdinalIgnoreCase);

    private static string TestFileOf(string title, string suffix)
        => string.Concat(title.Where(char.IsAsciiLetterOrDigit)) + suffix + ".cs";

    private static IEnumerable<string> Resources(string extension)
        => ThisAssembly.GetManifestResourceNames().Where(name => name.EndsWith(extension, StringComparison.Ordinal));

    private static string Read(string name)
    {
        using var reader = new StreamReader(ThisAssembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private static string Unindent(string snippet)
    {
        var lines = snippet.Split('\n');
        var indentation = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length > 0 ? line[indentation..] : line));
    }

    // A fence in a list is indented, and GitHub also highlights "cs" and "C#".
    [GeneratedRegex(
        "^ *```(?:csharp|cs|c#).*?\n(?<code>.*?)^ *```$",
        RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex FencedCSharp();

    [GeneratedRegex("^ *// <snippet>\n(?<code>.*?)^ *// </snippet>$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Marked();

    // The first section is that of the title.
    [GeneratedRegex("^##? (?<heading>.*?)\n.*?(?=^##? |\\z)", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"^\* (?<link>\[.*\]\(#.*\))$", RegexOptions.Multiline)]
    private static partial Regex ContentsEntry();
}
