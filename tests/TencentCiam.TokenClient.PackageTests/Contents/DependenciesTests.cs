namespace TencentCiam.TokenClient.PackageTests.Contents;

public sealed class DependenciesTests(PackedPackages packages)
{
    // Microsoft.Extensions.Diagnostics.HealthChecks has IHealthChecksBuilder, which the abstractions have not. It brings the
    // abstractions of the host too, and nothing else that is not here already. ASP.NET Core programs have both in any case.
    [Theory]
    [InlineData(
        "net10.0",
        "Microsoft.Extensions.Caching.Abstractions 10.0.0",
        "Microsoft.Extensions.Diagnostics.HealthChecks 10.0.0",
        "Microsoft.Extensions.Http 10.0.0",
        "Microsoft.Extensions.Options 10.0.0",
        "Microsoft.Extensions.Options.ConfigurationExtensions 10.0.0",
        "System.IdentityModel.Tokens.Jwt 8.16.0")]
    [InlineData(
        "net8.0",
        "Microsoft.Extensions.Caching.Abstractions 8.0.0",
        "Microsoft.Extensions.Diagnostics.HealthChecks 8.0.0",
        "Microsoft.Extensions.Http 8.0.0",
        "Microsoft.Extensions.Options 8.0.0",
        "Microsoft.Extensions.Options.ConfigurationExtensions 8.0.0",
        "System.Diagnostics.DiagnosticSource 9.0.0",
        "System.IdentityModel.Tokens.Jwt 8.16.0")]
    public void The_library_depends_only_on_the_expected_packages(string framework, params string[] dependencies)
        => Assert.Equal(dependencies, Read("TencentCiam.TokenClient", framework));

    [Theory]
    [InlineData("net10.0")]
    [InlineData("net8.0")]
    public void The_Testing_package_depends_only_on_the_library(string framework)
        => Assert.Equal(
            [$"TencentCiam.TokenClient {PackedPackages.Version}"],
            Read("TencentCiam.TokenClient.Testing", framework));

    private IEnumerable<string> Read(string id, string framework)
    {
        using var package = Package.Open(packages, id);
        var groups = package.ReadMetadata().Descendants().Where(element => element.Name.LocalName == "group").ToArray();
        Assert.Equal(["net10.0", "net8.0"], groups.Select(group => group.Attribute("targetFramework")!.Value));
        return [.. groups.Single(group => group.Attribute("targetFramework")!.Value == framework).Elements()
            .Select(dependency => $"{dependency.Attribute("id")!.Value} {dependency.Attribute("version")!.Value}")
            .Order(StringComparer.Ordinal)];
    }
}
