namespace TencentCiam.TokenClient.PackageTests.Contents;

public sealed class FilesTests(PackedPackages packages)
{
    [Theory]
    [MemberData(nameof(Package.Ids), MemberType = typeof(Package))]
    public void A_package_contains_only_its_libraries_their_documentation_and_a_README(string id)
    {
        using var package = Package.Open(packages, id);

        Assert.Equal(
            [
                "README.md",
                $"{id}.nuspec",
                "icon.png",
                $"lib/net10.0/{id}.dll",
                $"lib/net10.0/{id}.xml",
                $"lib/net8.0/{id}.dll",
                $"lib/net8.0/{id}.xml",
            ],
            package.Files);
    }

    [Theory]
    [MemberData(nameof(Package.Ids), MemberType = typeof(Package))]
    public void A_symbol_package_contains_only_the_symbols(string id)
    {
        using var symbols = Package.Open(packages, id, "snupkg");

        Assert.Equal([$"{id}.nuspec", $"lib/net10.0/{id}.pdb", $"lib/net8.0/{id}.pdb"], symbols.Files);
    }

    [Fact]
    public void Both_packages_and_their_symbol_packages_have_the_same_version()
        => Assert.Equal(
            Package.Ids.SelectMany(id => (string[])[$"{id.Data}.{PackedPackages.Version}.nupkg", $"{id.Data}.{PackedPackages.Version}.snupkg"])
                .Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(packages.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
}
