using System.Xml.Linq;

namespace TencentCiam.TokenClient.PackageTests.Contents;

public sealed class MetadataTests(PackedPackages packages)
{
    private const string Repository = "https://github.com/tencentciam-tokenclient/TencentCiam.TokenClient";

    [Theory]
    [MemberData(nameof(Package.Ids), MemberType = typeof(Package))]
    public async Task The_metadata_contains_the_authors_the_license_the_repository_and_the_commit(string id)
    {
        using var package = Package.Open(packages, id);
        var metadata = package.ReadMetadata();

        Assert.Equal(id, Value(metadata, "id"));
        Assert.Equal(PackedPackages.Version, Value(metadata, "version"));
        Assert.Equal("TencentCiam.TokenClient contributors", Value(metadata, "authors"));
        Assert.Equal("Copyright (c) TencentCiam.TokenClient contributors", Value(metadata, "copyright"));
        Assert.Equal(("MIT", "expression"), (Value(metadata, "license"), Attribute(metadata, "license", "type")));
        Assert.Equal("README.md", Value(metadata, "readme"));
        Assert.Equal("icon.png", Value(metadata, "icon"));
        Assert.Equal(Repository, Value(metadata, "projectUrl"));
        Assert.Equal($"{Repository}/blob/main/CHANGELOG.md", Value(metadata, "releaseNotes"));
        Assert.Equal(("git", Repository), (Attribute(metadata, "repository", "type"), Attribute(metadata, "repository", "url")));
        Assert.Equal(await Checkout.CommitAsync(), Attribute(metadata, "repository", "commit"));
    }

    [Theory]
    [MemberData(nameof(Package.Ids), MemberType = typeof(Package))]
    public void The_description_and_tags_contain_the_search_terms(string id)
    {
        using var package = Package.Open(packages, id);
        var metadata = package.ReadMetadata();

        Assert.Contains("CIAM", Value(metadata, "description"), StringComparison.Ordinal);
        Assert.Superset(
            new HashSet<string>(["tencent-cloud", "ciam", "oauth2", "client-credentials"]),
            Value(metadata, "tags").Split(' ').ToHashSet());
    }

    private static string Value(XElement metadata, string name) => Element(metadata, name).Value;

    private static string? Attribute(XElement metadata, string name, string attribute)
        => Element(metadata, name).Attribute(attribute)?.Value;

    private static XElement Element(XElement metadata, string name)
        => Assert.Single(metadata.Elements(), element => element.Name.LocalName == name);
}
