using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace TencentCiam.TokenClient.PackageTests.Contents;

public sealed class DocumentationTests(PackedPackages packages)
{
    [Theory]
    [MemberData(nameof(Package.Libraries), MemberType = typeof(Package))]
    public void Every_public_type_has_a_summary_in_the_documentation_file(string id, string framework)
    {
        using var package = Package.Open(packages, id);
        using var library = new PEReader(package.Read($"lib/{framework}/{id}.dll"));
        var types = PublicTypes(library.GetMetadataReader()).ToArray();
        var documented = XDocument.Parse(package.ReadText($"lib/{framework}/{id}.xml")).Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .Select(member => member.Attribute("name")!.Value);

        Assert.NotEmpty(types);
        Assert.Superset(types.Select(type => $"T:{type}").ToHashSet(), documented.ToHashSet());
    }

    private static IEnumerable<string> PublicTypes(MetadataReader reader)
        => reader.TypeDefinitions.Select(reader.GetTypeDefinition)
            .Where(type => (type.Attributes & System.Reflection.TypeAttributes.VisibilityMask) == System.Reflection.TypeAttributes.Public)
            .Select(type => $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}");
}
