using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;

namespace TencentCiam.TokenClient.PackageTests.Contents;

public sealed class SymbolsTests(PackedPackages packages)
{
    // GUIDs of custom debug information, from the portable PDB specification.
    private static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    [Theory]
    [MemberData(nameof(Package.Libraries), MemberType = typeof(Package))]
    public void The_symbols_are_portable_and_match_a_deterministically_built_library(string id, string framework)
    {
        using var package = Package.Open(packages, id);
        using var library = new PEReader(package.Read($"lib/{framework}/{id}.dll"));
        using var pdb = OpenPdb(id, framework);
        var entries = library.ReadDebugDirectory();

        Assert.Contains(entries, entry => entry.Type == DebugDirectoryEntryType.Reproducible);
        var codeView = Assert.Single(entries, entry => entry.Type == DebugDirectoryEntryType.CodeView);
        Assert.Equal(
            library.ReadCodeViewDebugDirectoryData(codeView).Guid,
            new BlobContentId(pdb.GetMetadataReader().DebugMetadataHeader!.Id).Guid);
    }

    [Theory]
    [MemberData(nameof(Package.Libraries), MemberType = typeof(Package))]
    public async Task Source_Link_maps_every_source_file_to_the_commit_if_the_remote_is_on_GitHub(string id, string framework)
    {
        using var pdb = OpenPdb(id, framework);
        var reader = pdb.GetMetadataReader();
        var map = Find(reader, EntityHandle.ModuleDefinition, SourceLink);
        if (!(await Checkout.RemoteAsync()).Contains("github.com", StringComparison.Ordinal))
        {
            Assert.Null(map);
            return;
        }

        using var json = JsonDocument.Parse(map);
        var root = Assert.Single(json.RootElement.GetProperty("documents").EnumerateObject());
        Assert.StartsWith("https://raw.githubusercontent.com/", root.Value.GetString(), StringComparison.Ordinal);
        Assert.EndsWith($"/{await Checkout.CommitAsync()}/*", root.Value.GetString(), StringComparison.Ordinal);
        Assert.All(Sources(reader), source => Assert.True(
            source.IsEmbedded || source.Name.StartsWith(root.Name.TrimEnd('*'), StringComparison.Ordinal), source.Name));
    }

    [Theory]
    [MemberData(nameof(Package.Libraries), MemberType = typeof(Package))]
    public void Symbols_of_a_CI_build_contain_no_local_paths(string id, string framework)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", "Paths are mapped only if CI is true.");
        using var pdb = OpenPdb(id, framework);

        Assert.All(Sources(pdb.GetMetadataReader()), source => Assert.StartsWith("/_/", source.Name, StringComparison.Ordinal));
    }

    private MetadataReaderProvider OpenPdb(string id, string framework)
    {
        using var symbols = Package.Open(packages, id, "snupkg");
        return MetadataReaderProvider.FromPortablePdbStream(symbols.Read($"lib/{framework}/{id}.pdb"));
    }

    private static (string Name, bool IsEmbedded)[] Sources(MetadataReader reader)
        => [.. reader.Documents.Select(handle => (
            reader.GetString(reader.GetDocument(handle).Name),
            Find(reader, handle, EmbeddedSource) is not null))];

    private static byte[]? Find(MetadataReader reader, EntityHandle parent, Guid kind)
        => reader.GetCustomDebugInformation(parent)
            .Select(reader.GetCustomDebugInformation)
            .Where(information => reader.GetGuid(information.Kind) == kind)
            .Select(information => reader.GetBlobBytes(information.Value))
            .SingleOrDefault();
}
