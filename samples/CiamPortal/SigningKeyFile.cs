using System.Security.Cryptography;

namespace CiamPortal;

/// <summary>The key that signs the tokens, in a file, so that it and its key ID are the same after each start.</summary>
internal static class SigningKeyFile
{
    private const int MinBits = 2048;

    /// <summary>Reads the key, or creates it if there is no such file.</summary>
    /// <exception cref="SettingException">The file holds no usable key.</exception>
    public static RSA ReadOrCreate(string path, ILogger logger)
    {
        var key = RSA.Create(MinBits);
        if (!File.Exists(path))
        {
            PemFile.CreatePrivate(path, key.ExportPkcs8PrivateKeyPem());
            logger.SigningKeyCreated(path);
            return key;
        }

        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            key.ExportParameters(includePrivateParameters: true);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw Unusable(path);
        }

        return key.KeySize >= MinBits ? key : throw Unusable(path);
    }

    private static SettingException Unusable(string path) => new(
        $"--signingKey: {path} does not hold an unencrypted RSA private key of at least {MinBits} bits in PEM. To have one "
        + "created, name a file that does not exist.");
}
