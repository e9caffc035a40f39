using System.Runtime.Loader;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;
using PublicApiGenerator;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.ContractTests;

/// <summary>
/// The public API as it was approved in <c>PublicApi/*.txt</c>: what is added must be kept, and what is removed breaks
/// users. One file per assembly, because all its frameworks have the same API.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,
        DenyNamespacePrefixes = [],
        UseDenyNamespacePrefixesForExtensionMethods = false,
    };

    public static TheoryData<string> Assemblies
        => [typeof(CiamTokenClient).Assembly.GetName().Name!, typeof(CiamPortalEmulator).Assembly.GetName().Name!];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public async Task The_public_API_matches_the_approved_text(string assembly)
    {
        var file = Path.Combine(Folder(), $"{assembly}.txt");
        var api = Read($"{assembly}.dll");
        if (Environment.GetEnvironmentVariable("CIAM_APPROVE_API") == "1")
        {
            await File.WriteAllTextAsync(file, api, TestContext.Current.CancellationToken);
        }

        var approved = File.Exists(file) ? await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken) : "";
        var difference = InlineDiffBuilder.Diff(approved, api).Lines
            .Where(line => line.Type != ChangeType.Unchanged)
            .Select(line => $"{(line.Type == ChangeType.Inserted ? '+' : '-')} {line.Text}")
            .ToArray();

        Assert.True(difference.Length == 0, $"""
            The public API of {assembly} is not the one in {file}:
            {string.Join('\n', difference)}
            If that is meant, run this test once with CIAM_APPROVE_API=1 in the environment, and commit the file it writes.
            """);
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Every_framework_has_the_same_public_API(string assembly)
        => Assert.Equal(Read($"{assembly}.dll"), Read(Path.Combine("net8.0", $"{assembly}.dll")));

    private static string Read(string library)
    {
        var path = Path.Combine(AppContext.BaseDirectory, library);
        var context = new AssemblyLoadContext(path, isCollectible: true);
        try
        {
            return context.LoadFromAssemblyPath(path).GeneratePublicApi(Options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        }
        finally
        {
            context.Unload();
        }
    }

    // Not by CallerFilePath: with CI=true, the compiler maps source paths.
    private static string Folder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PublicApiTests.cs")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside of the repository.");
        }

        return Path.Combine(folder.FullName, "PublicApi");
    }
}
