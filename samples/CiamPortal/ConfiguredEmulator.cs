using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using TencentCiam.TokenClient.Testing;

namespace CiamPortal;

/// <summary>
/// Creates a portal with the applications of the section "Applications". Each has its Client ID as the key and the settings of
/// <see cref="CiamPortalApplication"/> as the value.
/// </summary>
internal static class ConfiguredEmulator
{
    private static readonly string[] Names =
    [
        nameof(CiamPortalApplication.ClientSecret),
        nameof(CiamPortalApplication.Scopes),
        nameof(CiamPortalApplication.AccessTokenLifetime),
        nameof(CiamPortalApplication.IsEnabled),
        nameof(CiamPortalApplication.AllowsClientCredentials),
    ];

    /// <param name="settings">The server's settings.</param>
    /// <param name="address">The address that the server listens on.</param>
    /// <param name="clock">The portal's clock.</param>
    /// <param name="signingKey">The key that signs the tokens; null for a new one.</param>
    /// <exception cref="SettingException">A setting is missing or invalid.</exception>
    public static CiamPortalEmulator Create(ServerSettings settings, string address, TimeProvider clock, RSA? signingKey)
    {
        var emulator = CreateWithoutApplications(ReadAuthority(settings.Authority ?? address), clock, signingKey);
        emulator.MaxRecordedRequests = settings.RecordedRequests;
        foreach (var application in settings.Applications.GetChildren())
        {
            Add(application, emulator);
        }

        return emulator;
    }

    private static CiamPortalEmulator CreateWithoutApplications(Uri authority, TimeProvider clock, RSA? signingKey)
    {
        try
        {
            var emulator = new CiamPortalEmulator(authority, clock, signingKey);

            // Nobody knows the credentials of the application that every emulator starts with.
            emulator.RemoveApplication(emulator.Application.ClientId);
            return emulator;
        }
        catch (ArgumentException e)
        {
            throw new SettingException($"--authority: {WithoutParameterName(e)}");
        }
    }

    private static void Add(IConfigurationSection settings, CiamPortalEmulator emulator)
    {
        if (settings.GetChildren().FirstOrDefault(setting => !Names.Contains(setting.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            throw new SettingException(
                $"{settings.Path} has no setting \"{unknown.Key}\". An application has {string.Join(", ", Names)}.");
        }

        if (string.IsNullOrEmpty(settings[nameof(CiamPortalApplication.ClientSecret)]))
        {
            throw new SettingException($"The setting {settings.Path}:ClientSecret is missing.");
        }

        // .NET reads a plain number as days.
        var lifetime = settings.GetSection(nameof(CiamPortalApplication.AccessTokenLifetime));
        if (TimeSpan.TryParse(lifetime.Value, CultureInfo.InvariantCulture, out var value) && value > TimeSpan.FromDays(1))
        {
            throw new SettingException(string.Create(
                CultureInfo.InvariantCulture,
                $"{lifetime.Path}: \"{lifetime.Value}\" means {value.TotalDays:0.#} days. A lifetime is at most a day, written as "
                + $"hours:minutes:seconds: 300 seconds are 00:05:00."));
        }

        try
        {
            settings.Bind(emulator.AddApplication(settings.Key));
        }
        catch (InvalidOperationException e)
        {
            throw new SettingException(e.Message);
        }
        catch (TargetInvocationException e) when (e.InnerException is ArgumentException inner)
        {
            throw new SettingException($"{settings.Path}: {WithoutParameterName(inner)}");
        }
    }

    private static Uri ReadAuthority(string authority)
        => Uri.TryCreate(authority, UriKind.Absolute, out var address) && address.Host is not ("0.0.0.0" or "[::]")
            ? address
            : throw new SettingException(
                "The portal's tokens and discovery document contain its address. If it listens on all addresses, set Authority to "
                + "the address that its clients use, for example http://portal:8080.");

    // An ArgumentException adds the name of a parameter, and sometimes a second line with the value.
    private static string WithoutParameterName(ArgumentException e) => e.Message.Split(" (Parameter '")[0];
}
