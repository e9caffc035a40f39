namespace CiamPortal;

/// <summary>Creates PEM files. An existing file is never replaced.</summary>
internal static class PemFile
{
    public static void Create(string path, string pem)
    {
        using var writer = new StreamWriter(new FileStream(path, FileMode.CreateNew));
        writer.WriteLine(pem);
    }

    /// <summary>Creates a file that only its owner can read, or on Windows, those who can read the folder.</summary>
    public static void CreatePrivate(string path, string pem)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(new FileStream(path, options));
        writer.WriteLine(pem);
    }
}
