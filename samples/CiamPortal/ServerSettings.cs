using TencentCiam.TokenClient.Testing;

namespace CiamPortal;

/// <summary>Who may use the control API.</summary>
internal enum ControlAccess
{
    Off,
    Loopback,
    Any,
}

/// <summary>The settings of the server. Those of the applications are read by <see cref="ConfiguredEmulator"/>.</summary>
internal sealed class ServerSettings
{
    public const string DefaultUrls = "http://127.0.0.1:5005";

    private static readonly string[] Names =
    [
        nameof(Urls), nameof(Authority), nameof(Control), nameof(Certificate), nameof(CertificateKey), nameof(SigningKey),
        nameof(RecordedRequests), nameof(Applications), "Logging",
    ];

    private ServerSettings(IConfiguration configuration)
    {
        if (configuration.GetChildren().FirstOrDefault(
            setting => !Names.Contains(setting.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            throw new SettingException($"There is no setting \"{unknown.Key}\". The settings are {string.Join(", ", Names)}.");
        }

        Urls = ReadUrls(configuration[nameof(Urls)] ?? DefaultUrls);
        Authority = configuration[nameof(Authority)];
        Control = Enum.TryParse<ControlAccess>(configuration[nameof(Control)] ?? "Off", ignoreCase: true, out var control)
            && Enum.IsDefined(control)
                ? control
                : throw new SettingException(
                    $"--control: \"{configuration[nameof(Control)]}\" is not one of off, loopback (calls from this machine) and any "
                    + "(calls from everywhere).");
        Certificate = configuration[nameof(Certificate)] ?? "ciamportal.pem";
        CertificateKey = configuration[nameof(CertificateKey)] ?? "ciamportal-key.pem";
        SigningKey = configuration[nameof(SigningKey)];
        RecordedRequests = int.TryParse(configuration[nameof(RecordedRequests)] ?? "1000", out var count) && count >= 0
            ? count
            : throw new SettingException(
                $"--recordedRequests: \"{configuration[nameof(RecordedRequests)]}\" is not a number of requests, 0 or more.");
        Applications = configuration.GetSection(nameof(Applications));
    }

    /// <summary>The addresses to listen on; at least one.</summary>
    public IReadOnlyList<string> Urls { get; }

    /// <summary>The address that clients use; null if it is the first that the server listens on.</summary>
    public string? Authority { get; }

    public ControlAccess Control { get; }

    /// <summary>The PEM files of the certificate and its private key for HTTPS.</summary>
    public string Certificate { get; }

    public string CertificateKey { get; }

    /// <summary>The PEM file of the RSA private key that signs the tokens; null for a new key at each start.</summary>
    public string? SigningKey { get; }

    /// <inheritdoc cref="CiamPortalEmulator.MaxRecordedRequests"/>
    public int RecordedRequests { get; }

    public IConfigurationSection Applications { get; }

    public bool UsesHttps => Urls.Any(url => BindingAddress.Parse(url).Scheme == Uri.UriSchemeHttps);

    /// <exception cref="SettingException">A setting is unknown or invalid.</exception>
    public static ServerSettings Read(IConfiguration configuration) => new(configuration);

    private static string[] ReadUrls(string setting)
    {
        var urls = setting.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return urls.Length > 0 && urls.All(IsAddress)
            ? urls
            : throw new SettingException(
                $"--urls: \"{setting}\" is not an address to listen on. Write it as http://127.0.0.1:5005 or https://127.0.0.1:5005.");
    }

    private static bool IsAddress(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
                && address is { PathBase: "", IsUnixPipe: false, IsNamedPipe: false, Port: >= 0 and <= 65535 };
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
