[assembly: AssemblyFixture(typeof(TencentCiam.TokenClient.PackageTests.PackedPackages))]

namespace TencentCiam.TokenClient.PackageTests;

/// <summary>Both packages, packed once for all tests into a folder of their own, under a version that no cache has seen.</summary>
public sealed class PackedPackages : IAsyncLifetime
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("ciam-packages-").FullName;

    public string Version { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var suffix = $"test-{Guid.NewGuid():N}";

        // Not where the solution is built: other tests run from there at the same time.
        foreach (var name in new[] { "TencentCiam.TokenClient", "TencentCiam.TokenClient.Testing" })
        {
            await Command.RunAsync(
                "dotnet",
                $"pack src/{name} -o {Folder} --artifacts-path {Folder}/build --version-suffix {suffix} -m:1",
                RepositoryRoot());
        }

        Directory.Delete(Path.Combine(Folder, "build"), recursive: true);
        Version = Directory.GetFiles(Folder, "TencentCiam.TokenClient.Testing.*.nupkg")
            .Select(file => Path.GetFileNameWithoutExtension(file)["TencentCiam.TokenClient.Testing.".Length..])
            .Single();
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "TencentCiam.TokenClient.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("These tests need the repository.");
        }

        return folder;
    }
}
