namespace TencentCiam.TokenClient.Benchmarks.Results;

internal static class Repository
{
    /// <summary>The folder of the solution, found by searching upwards from the program.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder)
        => File.Exists(Path.Combine(folder, "TencentCiam.TokenClient.sln")) ? folder
            : Path.GetDirectoryName(folder) is { } parent ? Find(parent)
            : throw new DirectoryNotFoundException("The benchmarks must be run from a build inside the repository.");
}
