namespace TencentCiam.TokenClient.PackageTests.Contents;

/// <summary>Source control information, read by the SDK from .git. No git executable is needed.</summary>
internal static class Checkout
{
    /// <summary>The address of the remote; empty if there is none.</summary>
    public static Task<string> RemoteAsync() => ReadAsync("ScmRepositoryUrl");

    public static Task<string> CommitAsync() => ReadAsync("SourceRevisionId");

    private static async Task<string> ReadAsync(string property)
        => (await Command.RunAsync(
            Path.Combine(PackedPackages.RepositoryRoot, "src", "TencentCiam.TokenClient"),
            "dotnet",
            ["msbuild", "-target:InitializeSourceControlInformation", "-property:TargetFramework=net10.0", $"-getProperty:{property}"]))
            .Trim();
}
