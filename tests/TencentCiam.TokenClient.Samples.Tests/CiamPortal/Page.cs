using System.Text.RegularExpressions;

namespace TencentCiam.TokenClient.Samples.Tests.CiamPortal;

/// <summary>
/// A document about the server. Its code blocks are run: those in <c>sh</c> start a portal, and those in <c>bash</c> are calls,
/// whose output is in a <c>text</c> block that follows.
/// </summary>
internal sealed partial class Page
{
    private Page(string text)
    {
        Blocks = [.. Fence().Matches(text).Select(match => (match.Groups["language"].Value, match.Groups["code"].Value))];
    }

    public IReadOnlyList<(string Language, string Code)> Blocks { get; }

    public static Page Read(string path) => new(
        File.ReadAllText(Path.Combine(SampleProcess.Metadata("SamplesDirectory"), "..", path)).ReplaceLineEndings("\n"));

    public IEnumerable<string> CodeIn(string language)
        => Blocks.Where(block => block.Language == language).Select(block => block.Code);

    [GeneratedRegex("^```(?<language>[a-z]*)\n(?<code>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();
}
