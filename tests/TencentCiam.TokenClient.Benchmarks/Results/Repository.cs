namespace TencentCiam.TokenClient.Benchmarks.Results;

internal static class Repository
{
    /// <summary>The folder of the solution, wherever the program is run.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder)
        => File.Exists(Path.Combine(folder, "TencentCiam.TokenClient.sln")) ? folder
            : Path.GetDirectoryName(folder) is { } parent ? Find(parent)
            : throw new DirectoryNotFoundException("The benchmarks are run from within the repository.");
}
