using System.Text.Json;
using System.Text.RegularExpressions;

namespace TencentCiam.TokenClient.PackageTests.Consumers;

/// <summary>
/// The folder Projects, copied to where nothing of this repository reaches it: the library comes as packages, and the
/// README's code is put in where a program names its heading.
/// </summary>
public sealed partial class ConsumerProjects(PackedPackages packages) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ciam-consumers-").FullName;
    private DirectoryInfo _cache = null!;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Figures)!);
        File.Delete(Figures);
        var answer = await Command.RunAsync(Path.GetTempPath(), "dotnet", ["nuget", "locals", "global-packages", "--list"]);
        _cache = new DirectoryInfo(answer[(answer.IndexOf(": ", StringComparison.Ordinal) + 2)..].Trim());
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

        // Beside the sources that the machine has, from which all other packages come.
        await File.WriteAllTextAsync(Path.Combine(_folder, "nuget.config"), $"""
            <configuration>
              <packageSources>
                <add key="packed" value="{packages.Folder}" />
              </packageSources>
            </configuration>
            """);
    }

    /// <summary>How large the programs are and how fast they start, a line each, of the last run.</summary>
    public static string Figures { get; } = Path.Combine(PackedPackages.RepositoryRoot, "artifacts", "consumers.txt");

    /// <summary>Builds a project.</summary>
    /// <returns>The assembly that <c>dotnet</c> executes.</returns>
    public async Task<string> BuildAsync(string project) => await RunDotNetAsync("build", project) + ".dll";

    /// <summary>Publishes a project that brings its own runtime.</summary>
    /// <returns>The program.</returns>
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

    /// <summary>Our packages of this version in the machine's cache, which may have been made of other sources.</summary>
    private List<DirectoryInfo> CachedPackages()
        => _cache.GetDirectories("tencentciam.tokenclient*").SelectMany(id => id.GetDirectories(PackedPackages.Version)).ToList();

    // Packages and their use must not give a consumer a single warning.
    private async Task<string> RunDotNetAsync(string verb, string project)
    {
        var output = Path.Combine(_folder, "out", project);
        await Command.RunAsync(
            _folder,
            "dotnet",
            [verb, project, "-c", "Release", "-o", output, $"-p:PackedVersion={PackedPackages.Version}", "-warnaserror", "-m:1"]);

        // A registry that has this version too could have served it in the place of what was just packed.
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
