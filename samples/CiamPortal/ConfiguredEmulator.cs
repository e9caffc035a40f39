using System.Reflection;
using TencentCiam.TokenClient.Testing;

namespace CiamPortal;

/// <summary>
/// Creates a portal with the applications of the section "Applications". Each has its Client ID as the key and the settings of
/// <see cref="CiamPortalApplication"/> as the value.
/// </summary>
internal static class ConfiguredEmulator
{
    /// <param name="configuration">The configuration.</param>
    /// <param name="address">The address that the server listens on.</param>
    /// <exception cref="InvalidOperationException">A setting is missing or invalid; the message names it.</exception>
    public static CiamPortalEmulator Create(IConfiguration configuration, string address)
    {
        var emulator = new CiamPortalEmulator(ReadAuthority(configuration["Authority"], address));
        foreach (var settings in configuration.GetSection("Applications").GetChildren())
        {
            if (string.IsNullOrEmpty(settings[nameof(CiamPortalApplication.ClientSecret)]))
            {
                throw new InvalidOperationException($"The setting {settings.Path}:ClientSecret is missing.");
            }

            try
            {
                settings.Bind(emulator.AddApplication(settings.Key), options => options.ErrorOnUnknownConfiguration = true);
            }
            catch (TargetInvocationException e) when (e.InnerException is ArgumentException inner)
            {
                throw new InvalidOperationException($"{settings.Path}: {inner.Message}", inner);
            }
        }

        return emulator;
    }

    private static Uri ReadAuthority(string? configured, string address)
        => Uri.TryCreate(configured ?? address, UriKind.Absolute, out var authority) && authority.Host is not ("0.0.0.0" or "[::]")
            ? authority
            : throw new InvalidOperationException(
                "The portal's tokens and discovery document contain its address. If it listens on all addresses, set Authority to "
                + "the address that its clients use, for example http://portal:8080.");
}
