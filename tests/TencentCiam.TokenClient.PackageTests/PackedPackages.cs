using System.Reflection;
using TencentCiam.TokenClient.PackageTests;

[assembly: AssemblyFixture(typeof(PackedPackages))]

namespace TencentCiam.TokenClient.PackageTests;

/// <summary>
/// Both packages, packed once for all tests into a temporary folder that is also the package source of the consumers. If the
/// environment variable <c>CIAM_PACKAGES</c> is set, the packages in that folder are used instead: a release tests the files
/// that it publishes.
/// </summary>
public sealed class PackedPackages : IAsyncLifetime
{
    private string? _temporary;

    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>The version of both packages. All projects share it, so it is also the version of this assembly.</summary>
    public static string Version { get; } = typeof(PackedPackages).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The folder with a .nupkg and a .snupkg of each package.</summary>
    public string Folder { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("CIAM_PACKAGES") is { Length: > 0 } packed)
        {
            Folder = Path.GetFullPath(packed, RepositoryRoot);
            return;
        }

        Folder = _temporary = Directory.CreateTempSubdirectory("ciam-packages-").FullName;
        foreach (var project in Directory.EnumerateFiles(Path.Combine(RepositoryRoot, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            await Command.RunAsync(
                RepositoryRoot, "dotnet", ["pack", project, "--configuration", "Release", "--no-restore", "--output", Folder]);
        }
    }

    public ValueTask DisposeAsync()
    {
        if (_temporary is not null)
        {
            Directory.Delete(_temporary, recursive: true);
        }

        return default;
    }

    private static string FindRepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "TencentCiam.TokenClient.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests must run inside the repository.");
        }

        return folder.FullName;
    }
}
