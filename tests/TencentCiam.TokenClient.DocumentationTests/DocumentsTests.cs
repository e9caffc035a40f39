using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests;

/// <summary>The documents of the repository: their lists are complete and their links lead somewhere.</summary>
public sealed partial class DocumentsTests
{
    private static readonly string Root = FindRoot();

    public static TheoryData<string> Documents
        => [.. Directory.EnumerateFiles(Root, "*.md")
            .Concat(((string[])["docs", "samples", "src", "tests"])
                .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.md", SearchOption.AllDirectories)))
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Any(folder => folder is "bin" or "obj" or "StrykerOutput"))];

    [Fact]
    public void The_README_has_at_most_1200_words_outside_of_code_blocks()
    {
        var words = Word().Count(WithoutCodeBlocks(Read("README.md")));

        Assert.InRange(words, 1, 1200);
    }

    [Fact]
    public void The_operations_document_lists_every_log_message()
    {
        var operations = Read("docs/operations.md");
        var messages = typeof(CiamTokenClient).Assembly.GetType("TencentCiam.TokenClient.Telemetry.Log", throwOnError: true)!
            .GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()!);

        Assert.Equal(
            messages.Select(message => (message.EventId.ToString(), message.EventName!, message.Level.ToString())).Order(),
            Rows(operations, "EventId").Select(row => (row[0], row[1], row[2])).Order());
    }

    [Fact]
    public void The_operations_document_lists_every_error_code_of_the_library()
    {
        var codes = typeof(CiamTokenErrorCodes).GetFields().Select(field => (string)field.GetRawConstantValue()!);

        Assert.Equal(
            codes.Except([CiamTokenErrorCodes.InvalidClient, CiamTokenErrorCodes.UnauthorizedClient, CiamTokenErrorCodes.InvalidScope])
                .Order(StringComparer.Ordinal),
            Rows(Read("docs/operations.md"), "code").Select(row => row[0].Trim('`')).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_operations_document_lists_every_instrument()
    {
        using var portal = new CiamPortalEmulator();
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { }).UseEmulator(portal);
        using var provider = services.BuildServiceProvider();
        var meters = provider.GetRequiredService<IMeterFactory>();
        var instruments = new List<Instrument>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == "TencentCiam.TokenClient" && instrument.Meter.Scope == meters)
                {
                    instruments.Add(instrument);
                }
            },
        };
        provider.GetRequiredService<ICiamTokenProvider>();
        listener.Start();

        Assert.NotEmpty(instruments);
        Assert.Equal(
            instruments.Select(instrument => (instrument.Name, instrument.Unit!)).Order(),
            Rows(Read("docs/operations.md"), "instrument").Select(row => (row[0], row[1])).Order());
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_link_within_the_repository_leads_to_a_file_and_a_heading(string document)
    {
        var links = Link().Matches(InlineCode().Replace(WithoutCodeBlocks(Read(document)), ""))
            .Select(match => match.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal));

        Assert.All(links, link =>
        {
            var (path, anchor) = link.Split('#') is [var before, var after] ? (before, after) : (link, null);
            var target = path.Length == 0
                ? Path.Combine(Root, document)
                : Path.GetFullPath(Path.Combine(Root, Path.GetDirectoryName(document)!, path));
            Assert.True(Path.Exists(target), $"{link}: there is no {target}.");
            Assert.True(anchor is null || Anchors(File.ReadAllText(target)).Contains(anchor), $"{link}: there is no such heading.");
        });
    }

    [Fact]
    public void The_light_and_the_dark_picture_of_a_tokens_life_differ_only_in_their_style()
        => Assert.Equal(
            Style().Replace(Read("docs/token-life-light.svg"), ""), Style().Replace(Read("docs/token-life-dark.svg"), ""));

    // The cells of the table whose first column has this title.
    private static IEnumerable<string[]> Rows(string document, string title)
        => document.Split('\n')
            .SkipWhile(line => !line.StartsWith($"| {title} |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));

    // As GitHub makes them: lower case, no punctuation, a hyphen for each space.
    private static IEnumerable<string> Anchors(string document)
        => Heading().Matches(WithoutCodeBlocks(document.ReplaceLineEndings("\n")))
            .Select(match => Punctuation().Replace(match.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    private static string WithoutCodeBlocks(string document) => CodeBlock().Replace(document, "");

    private static string Read(string document)
        => File.ReadAllText(Path.Combine(Root, document)).ReplaceLineEndings("\n");

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside of the repository.");
        }

        return folder.FullName;
    }

    // Not the pipes and dashes of a table.
    [GeneratedRegex(@"\S*[\p{L}\p{N}]\S*")]
    private static partial Regex Word();

    [GeneratedRegex("^```.*?^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"(\]\(|(src|srcset|href)="")(?<target>[^)""\s]+)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex Punctuation();

    [GeneratedRegex("<style>.*</style>", RegexOptions.Singleline)]
    private static partial Regex Style();
}
