using Microsoft.Extensions.DependencyInjection.Extensions;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.ClientStore;
using TencentCiam.TokenClient.Testing;
using TencentCiam.TokenClient.TokenEndpoint;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Connects registered CIAM clients to an emulated portal.</summary>
public static class CiamPortalEmulatorExtensions
{
    // The HttpClient of the client "orders" is named "TencentCiam.TokenClient:orders", that of the unnamed client
    // "TencentCiam.TokenClient".
    private const string HttpClientNamePrefix = "TencentCiam.TokenClient:";

    /// <summary>
    /// Sends the client's token requests to the emulator, with the current credentials of one of the emulator's applications.
    /// The client uses the emulator's clock, unless the test has registered a <see cref="TimeProvider"/> of its own. All other
    /// options are unchanged. For the clients of a store, only the emulator takes the portal's place: their options come from the
    /// store, with <see cref="CiamPortalEmulator.Authority"/> and the credentials of the emulator's applications.
    /// </summary>
    /// <remarks>
    /// When the portal is down, a caller without a token waits for up to three attempts. The library does not pause between them
    /// here, because on a fake clock the pauses would end only when the test advances the clock. A <c>Retry-After</c> that is
    /// longer than <see cref="CiamClientCredentialsOptions.AcquisitionTimeout"/> allows still ends the acquisition at once.
    /// </remarks>
    /// <param name="builder">The client.</param>
    /// <param name="portal">The emulator. The test disposes it, after the service provider.</param>
    /// <param name="application">
    /// The application whose credentials are used. Default: <see cref="CiamPortalEmulator.Application"/>. Not for a store.
    /// </param>
    /// <param name="pauseBetweenAttempts">
    /// Whether the library pauses between the attempts of one acquisition, as it does outside of tests: for 0.2 to 0.5 seconds,
    /// or for the portal's <c>Retry-After</c>. The test then advances the clock to end each pause. Default: false.
    /// </param>
    /// <returns>The same client, so that calls can be chained.</returns>
    /// <exception cref="ArgumentException">An application was given for the clients of a store.</exception>
    public static ICiamClientCredentialsBuilder UseEmulator(
        this ICiamClientCredentialsBuilder builder,
        CiamPortalEmulator portal,
        CiamPortalApplication? application = null,
        bool pauseBetweenAttempts = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(portal);
        builder.ConfigurePrimaryHttpMessageHandler(portal.CreateHandler);
        UseClock(builder.Services, portal.TimeProvider);
        if (builder.Name == TokenEndpointHttpClient.StoreName)
        {
            if (application is not null)
            {
                throw new ArgumentException(
                    "The credentials of a store's clients come from the store. Let it return those of the emulator's applications.",
                    nameof(application));
            }

            builder.Services.Configure<ClientStoreSettings>(settings => settings.PausesBetweenAttempts = pauseBetweenAttempts);
            return builder;
        }

        application ??= portal.Application;

        // Read now, and not when the options are created: the client must not get a secret that changes in between.
        var (clientId, clientSecret) = (application.ClientId, application.ClientSecret);
        builder.Services.PostConfigure<CiamClientCredentialsOptions>(GetOptionsName(builder.Name), options =>
        {
            options.Authority = portal.Authority;
            options.ClientId = clientId;
            options.ClientSecret = clientSecret;
            options.PausesBetweenAttempts = pauseBetweenAttempts;
        });
        return builder;
    }

    // Frameworks register the system clock by default (ASP.NET Core authentication, for example): a test did not choose it.
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
