namespace TencentCiam.TokenClient.PackageTests.Contents;

public sealed class FilesTests(PackedPackages packages)
{
    [Theory]
    [MemberData(nameof(Package.Ids), MemberType = typeof(Package))]
    public void A_package_holds_its_libraries_their_documentation_and_its_README_and_nothing_else(string id)
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
    public void A_symbol_package_holds_the_symbols_and_nothing_else(string id)
    {
        using var symbols = Package.Open(packages, id, "snupkg");

        Assert.Equal([$"{id}.nuspec", $"lib/net10.0/{id}.pdb", $"lib/net8.0/{id}.pdb"], symbols.Files);
    }

    [Fact]
    public void Two_packages_are_made_each_with_its_symbols_and_of_one_version()
        => Assert.Equal(
            Package.Ids.SelectMany(id => (string[])[$"{id.Data}.{PackedPackages.Version}.nupkg", $"{id.Data}.{PackedPackages.Version}.snupkg"])
                .Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(packages.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
}
