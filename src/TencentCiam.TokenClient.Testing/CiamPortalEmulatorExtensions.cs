using Microsoft.Extensions.DependencyInjection.Extensions;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.Testing;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Points registered CIAM clients at an emulated portal.</summary>
public static class CiamPortalEmulatorExtensions
{
    // The HttpClient of the unnamed client is called this, that of a client "orders" "TencentCiam.TokenClient:orders".
    private const string HttpClientNamePrefix = "TencentCiam.TokenClient:";

    /// <summary>
    /// Has the client send its token requests to the emulator, with the credentials that one of the emulator's applications
    /// has now, and on the emulator's clock, unless the test registered a <see cref="TimeProvider"/> of its own. All other
    /// options stay as they are.
    /// </summary>
    /// <remarks>
    /// When the portal is down, a caller without a token waits for up to three attempts, 0.2 to 0.5 seconds apart. On a fake
    /// clock these pass only when the test advances it. A test that would rather not has no time for a second attempt:
    /// <c>options.AcquisitionTimeout = TimeSpan.FromMilliseconds(100)</c>.
    /// </remarks>
    /// <param name="builder">The client.</param>
    /// <param name="portal">The emulator. The test disposes it, after the service provider.</param>
    /// <param name="application">The application. Default: <see cref="CiamPortalEmulator.Application"/>.</param>
    /// <returns>The client, for further calls.</returns>
    public static ICiamClientCredentialsBuilder UseEmulator(
        this ICiamClientCredentialsBuilder builder,
        CiamPortalEmulator portal,
        CiamPortalApplication? application = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(portal);
        application ??= portal.Application;

        // Read here: options are made when they are first asked for, and a secret that was renewed by then must stay unknown.
        var (clientId, clientSecret) = (application.ClientId, application.ClientSecret);
        builder.ConfigurePrimaryHttpMessageHandler(portal.CreateHandler);
        builder.Services.PostConfigure<CiamClientCredentialsOptions>(GetOptionsName(builder.Name), options =>
        {
            options.Authority = portal.Authority;
            options.ClientId = clientId;
            options.ClientSecret = clientSecret;
        });
        UseClock(builder.Services, portal.TimeProvider);
        return builder;
    }

    // The system's clock is no test's choice: frameworks register it by default, ASP.NET Core's authentication for one.
    private static void UseClock(IServiceCollection services, TimeProvider timeProvider)
    {
        var systemClock = services.FirstOrDefault(service => service.ServiceType == typeof(TimeProvider)
            && !service.IsKeyedService
            && service.ImplementationInstance == TimeProvider.System);
        if (systemClock is not null)
        {
            services.Remove(systemClock);
        }

        services.TryAddSingleton(timeProvider);
    }

    private static string GetOptionsName(string httpClientName)
        => httpClientName.StartsWith(HttpClientNamePrefix, StringComparison.Ordinal)
            ? httpClientName[HttpClientNamePrefix.Length..]
            : Options.Options.DefaultName;
}
