namespace TencentCiam.TokenClient.PackageTests.Contents;

/// <summary>What the SDK knows of the clone: it reads .git itself, so no git is needed.</summary>
internal static class Checkout
{
    /// <summary>Address of the remote; empty when there is none.</summary>
    public static Task<string> RemoteAsync() => ReadAsync("ScmRepositoryUrl");

    public static Task<string> CommitAsync() => ReadAsync("SourceRevisionId");

    private static async Task<string> ReadAsync(string property)
        => (await Command.RunAsync(
            Path.Combine(PackedPackages.RepositoryRoot, "src", "TencentCiam.TokenClient"),
            "dotnet",
            ["msbuild", "-target:InitializeSourceControlInformation", "-property:TargetFramework=net10.0", $"-getProperty:{property}"]))
            .Trim();
}
