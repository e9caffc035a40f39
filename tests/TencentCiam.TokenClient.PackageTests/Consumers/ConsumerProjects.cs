using System.Text.Json;
using System.Text.RegularExpressions;

namespace TencentCiam.TokenClient.PackageTests.Consumers;

/// <summary>
/// A copy of the folder Projects outside the repository, so that it inherits nothing from it. The projects reference the
/// packages, and a comment with a heading of the README is replaced by the code under that heading.
/// </summary>
public sealed partial class ConsumerProjects(PackedPackages packages) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ciam-consumers-").FullName;
    private DirectoryInfo _cache = null!;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Figures)!);
        File.Delete(Figures);
        var output = await Command.RunAsync(Path.GetTempPath(), "dotnet", ["nuget", "locals", "global-packages", "--list"]);
        _cache = new DirectoryInfo(output[(output.IndexOf(": ", StringComparison.Ordinal) + 2)..].Trim());
        DeleteCachedPackages();
        var source = Path.Combine(AppContext.BaseDirectory, "Consumers");
        var readme = (await File.ReadAllTextAsync(Path.Combine(source, "README.md"))).ReplaceLineEndings("\n");
        source = Path.Combine(source, "Projects");
        foreach (var file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            await File.WriteAllTextAsync(copy, SnippetPlaceholder().Replace(
                (await File.ReadAllTextAsync(file)).ReplaceLineEndings("\n"),
                place => FirstSnippetUnder(place.Groups["heading"].Value, readme)));
        }

        // In addition to the machine's package sources, which provide all other packages.
        await File.WriteAllTextAsync(Path.Combine(_folder, "nuget.config"), $"""
            <configuration>
              <packageSources>
                <add key="packed" value="{packages.Folder}" />
              </packageSources>
            </configuration>
            """);
    }

    /// <summary>The file with the size and the start-up time of each program in the last run.</summary>
    public static string Figures { get; } = Path.Combine(PackedPackages.RepositoryRoot, "artifacts", "consumers.txt");

    /// <summary>Builds a project.</summary>
    /// <returns>The path of the assembly to run with <c>dotnet exec</c>.</returns>
    public async Task<string> BuildAsync(string project) => await RunDotNetAsync("build", project) + ".dll";

    /// <summary>Publishes a project that includes its own runtime.</summary>
    /// <returns>The path of the executable.</returns>
    public async Task<string> PublishAsync(string project)
        => await RunDotNetAsync("publish", project) + (OperatingSystem.IsWindows() ? ".exe" : "");

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        DeleteCachedPackages();
        return default;
    }

    private void DeleteCachedPackages()
    {
        foreach (var package in CachedPackages())
        {
            package.Delete(recursive: true);
        }
    }

    /// <summary>The packages of this version in the machine's cache, which may come from an earlier build.</summary>
    private List<DirectoryInfo> CachedPackages()
        => _cache.GetDirectories("tencentciam.tokenclient*").SelectMany(id => id.GetDirectories(PackedPackages.Version)).ToList();

    // A consumer must not get a single warning from the packages.
    private async Task<string> RunDotNetAsync(string verb, string project)
    {
        var output = Path.Combine(_folder, "out", project);
        await Command.RunAsync(
            _folder,
            "dotnet",
            [verb, project, "-c", "Release", "-o", output, $"-p:PackedVersion={PackedPackages.Version}", "-warnaserror", "-m:1"]);

        // If a registry also has this version, it could have been restored instead of the packages under test.
        foreach (var package in CachedPackages())
        {
            Assert.Contains(
                JsonSerializer.Serialize(packages.Folder),
                await File.ReadAllTextAsync(Path.Combine(package.FullName, ".nupkg.metadata")),
                StringComparison.Ordinal);
        }

        return Path.Combine(output, project);
    }

    private static string FirstSnippetUnder(string heading, string readme)
    {
        var section = readme[readme.IndexOf($"\n{heading}\n", StringComparison.Ordinal)..];
        return FencedCSharp().Match(section).Groups["code"].Value;
    }

    [GeneratedRegex("^// README.md (?<heading>#.+)$", RegexOptions.Multiline)]
    private static partial Regex SnippetPlaceholder();

    [GeneratedRegex("^```csharp\n(?<code>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex FencedCSharp();
}
