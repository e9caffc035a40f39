using System.ComponentModel;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.Testing;

namespace CiamPortal.Control;

// What the control API accepts and returns as JSON. It accepts secrets and never returns one.
internal sealed record ControlError(string Error);

[Description("A new application. Members that are absent have the console's defaults.")]
internal sealed record NewApplication(
    string ClientId,
    string ClientSecret,
    string[]? Scopes = null,
    double? AccessTokenLifetimeSeconds = null,
    bool? IsEnabled = null,
    bool? AllowsClientCredentials = null);

[Description("The settings to change. Members that are absent stay as they are.")]
internal sealed record ApplicationChange(
    string? ClientSecret = null,
    string[]? Scopes = null,
    double? AccessTokenLifetimeSeconds = null,
    bool? IsEnabled = null,
    bool? AllowsClientCredentials = null)
{
    /// <exception cref="ArgumentException">A setting is invalid.</exception>
    public void Validate()
    {
        // Tried on an application that nobody uses, so that an invalid setting does not leave a change half done.
        using var portal = new CiamPortalEmulator();
        ApplyTo(portal.Application);
    }

    public void ApplyTo(CiamPortalApplication application)
    {
        application.ClientSecret = ClientSecret ?? application.ClientSecret;
        application.Scopes = Scopes ?? application.Scopes;
        application.AccessTokenLifetime = AccessTokenLifetimeSeconds is { } seconds
            ? TimeSpan.FromSeconds(seconds)
            : application.AccessTokenLifetime;
        application.IsEnabled = IsEnabled ?? application.IsEnabled;
        application.AllowsClientCredentials = AllowsClientCredentials ?? application.AllowsClientCredentials;
    }
}

internal sealed record ApplicationView(
    string ClientId,
    IReadOnlyCollection<string> Scopes,
    double AccessTokenLifetimeSeconds,
    bool IsEnabled,
    bool AllowsClientCredentials)
{
    public static ApplicationView Of(CiamPortalApplication application) => new(
        application.ClientId,
        application.Scopes,
        application.AccessTokenLifetime.TotalSeconds,
        application.IsEnabled,
        application.AllowsClientCredentials);
}

[Description("A request that the portal received. statusCode is null until there is a response.")]
internal sealed record RequestView(
    string Path,
    string? GrantType,
    string? ClientId,
    string? Scope,
    CiamClientAuthentication? ClientAuthentication,
    int? StatusCode,
    DateTimeOffset ReceivedAt)
{
    public static RequestView Of(CiamPortalRequest request) => new(
        request.Path,
        request.GrantType,
        request.ClientId,
        request.Scope,
        request.ClientAuthentication,
        (int?)request.StatusCode,
        request.ReceivedAt);
}

[Description("How far the portal's clock is ahead of the system's.")]
internal sealed record ClockChange(double OffsetSeconds);

internal sealed record ClockView(DateTimeOffset Now, double OffsetSeconds);
