using System.Reflection;
using System.Text.RegularExpressions;

namespace TencentCiam.TokenClient.DocumentationTests;

/// <summary>
/// The C# of a document is the code between the markers <c>// &lt;snippet&gt;</c> of the tests that run it. The file of those
/// tests is named after the document (<c>README.md</c>: <c>ReadmeSnippets.cs</c>), and after the section in
/// <c>docs/recipes.md</c> (<c>## SignalR</c>: <c>SignalRRecipe.cs</c>).
/// </summary>
public sealed partial class SnippetTests
{
    private const string Recipes = "docs/recipes.md";

    private static readonly Dictionary<string, string[]> InDocuments = DocumentedSnippets();
    private static readonly Dictionary<string, string[]> InTests = TestedSnippets();

    public static TheoryData<string> TestFiles => [.. InDocuments.Keys.Union(InTests.Keys, StringComparer.OrdinalIgnoreCase)];

    [Theory]
    [MemberData(nameof(TestFiles))]
    public void Documented_snippets_are_those_that_tests_compile_and_run(string testFile)
        => Assert.Equal(InTests.GetValueOrDefault(testFile, []), InDocuments.GetValueOrDefault(testFile, []));

    [Fact]
    public void Every_recipe_has_a_snippet_and_a_place_in_the_list_of_contents()
    {
        var recipes = Section().Matches(Read(Recipes)).Select(section => section.Groups["heading"].Value).ToArray();

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
            .Select(text => (text.TestFile, Found: snippet.Matches(text.Text).Select(match => Unindent(match.Groups["code"].Value)).ToArray()))
            .Where(text => text.Found.Length > 0)
            .ToDictionary(text => text.TestFile, text => text.Found, StringComparer.OrdinalIgnoreCase);

    private static string TestFileOf(string title, string suffix) => string.Concat(title.Where(char.IsAsciiLetterOrDigit)) + suffix + ".cs";

    private static IEnumerable<string> Resources(string extension)
        => typeof(SnippetTests).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(extension, StringComparison.Ordinal));

    private static string Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private static string Unindent(string snippet)
    {
        var lines = snippet.Split('\n');
        var indentation = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length > 0 ? line[indentation..] : line));
    }

    // In a list a fence is indented, and GitHub also highlights "cs" and "C#".
    [GeneratedRegex("^ *```(?:csharp|cs|c#).*?\n(?<code>.*?)^ *```$", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex FencedCSharp();

    [GeneratedRegex("^ *// <snippet>\n(?<code>.*?)^ *// </snippet>$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Marked();

    [GeneratedRegex("^## (?<heading>.*?)\n.*?(?=^## |\\z)", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"^\* (?<link>\[.*\]\(#.*\))$", RegexOptions.Multiline)]
    private static partial Regex ContentsEntry();
}
