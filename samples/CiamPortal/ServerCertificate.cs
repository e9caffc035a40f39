using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CiamPortal;

/// <summary>The certificate for HTTPS: from files, or created and written to files that clients can trust.</summary>
internal static class ServerCertificate
{
    /// <summary>Reads the certificate, or creates it if neither of its files exists.</summary>
    /// <exception cref="SettingException">The certificate cannot be used.</exception>
    public static X509Certificate2 ReadOrCreate(ServerSettings settings, TimeProvider clock, ILogger logger)
    {
        if (!File.Exists(settings.Certificate) && !File.Exists(settings.CertificateKey))
        {
            Create(settings, clock);
            logger.CertificateCreated(Path.GetFullPath(settings.Certificate));
        }

        var certificate = Read(settings);
        var host = FindHost(settings);
        var advice = $"Name another with --certificate and --certificateKey, or remove {settings.Certificate} and "
            + $"{settings.CertificateKey} to have a new one created.";
        if (certificate.NotAfter <= clock.GetLocalNow())
        {
            throw new SettingException($"The certificate in {settings.Certificate} has expired. {advice}");
        }

        return host is null || certificate.MatchesHostname(host)
            ? certificate
            : throw new SettingException($"The certificate in {settings.Certificate} is not for {host}. {advice}");
    }

    private static X509Certificate2 Read(ServerSettings settings)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPemFile(settings.Certificate, settings.CertificateKey);

            // Windows serves no certificate whose key is only in memory.
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException)
        {
            throw new SettingException(
                $"--certificate, --certificateKey: {settings.Certificate} and {settings.CertificateKey} must be a certificate and its "
                + "unencrypted private key in PEM. To have both created, name files that do not exist.");
        }
    }

    private static void Create(ServerSettings settings, TimeProvider clock)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=CiamPortal", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in Hosts(settings))
        {
            if (IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = clock.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        PemFile.CreatePrivate(settings.CertificateKey, key.ExportPkcs8PrivateKeyPem());
        PemFile.Create(settings.Certificate, certificate.ExportCertificatePem());
    }

    private static IEnumerable<string> Hosts(ServerSettings settings)
        => new[] { "localhost", "127.0.0.1", "::1", Environment.MachineName, FindHost(settings) }
            .OfType<string>()
            .Distinct(StringComparer.OrdinalIgnoreCase);

    // The host that clients use; null if the server listens on all addresses and no authority is set.
    private static string? FindHost(ServerSettings settings)
    {
        var address = settings.Authority ?? settings.Urls.First(url => BindingAddress.Parse(url).Scheme == Uri.UriSchemeHttps);
        return Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && uri.Host is not ("0.0.0.0" or "[::]")
                ? uri.DnsSafeHost
                : null;
    }
}
