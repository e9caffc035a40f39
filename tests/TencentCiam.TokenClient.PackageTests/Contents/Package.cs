using System.IO.Compression;
using System.Xml.Linq;

namespace TencentCiam.TokenClient.PackageTests.Contents;

/// <summary>The contents of a .nupkg or .snupkg file.</summary>
internal sealed class Package : IDisposable
{
    private readonly ZipArchive _archive;

    private Package(string path) => _archive = ZipFile.OpenRead(path);

    /// <summary>The ids of the packages, as test data.</summary>
    public static TheoryData<string> Ids => ["TencentCiam.TokenClient", "TencentCiam.TokenClient.Testing"];

    /// <summary>The ids and frameworks, as test data.</summary>
    public static MatrixTheoryData<string, string> Libraries => new([.. Ids.Select(id => id.Data)], ["net8.0", "net10.0"]);

    public static Package Open(PackedPackages packages, string id, string extension = "nupkg")
        => new(Path.Combine(packages.Folder, $"{id}.{PackedPackages.Version}.{extension}"));

    /// <summary>All files except those that the package format requires (ECMA-376 part 2).</summary>
    public IEnumerable<string> Files
        => _archive.Entries.Select(entry => entry.FullName)
            .Where(name => name is not ("[Content_Types].xml" or "_rels/.rels") && !name.EndsWith(".psmdcp", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    public MemoryStream Read(string name)
    {
        using var entry = _archive.GetEntry(name)?.Open() ?? throw new FileNotFoundException($"The package does not contain {name}.");
        var copy = new MemoryStream();
        entry.CopyTo(copy);
        copy.Position = 0;
        return copy;
    }

    public string ReadText(string name)
    {
        using var reader = new StreamReader(Read(name));
        return reader.ReadToEnd();
    }

    /// <summary>The metadata in the nuspec file.</summary>
    public XElement ReadMetadata()
        => XDocument.Parse(ReadText(Assert.Single(Files, name => name.EndsWith(".nuspec", StringComparison.Ordinal))))
            .Root!.Elements().Single();

    public void Dispose() => _archive.Dispose();
}
