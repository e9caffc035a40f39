using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Telemetry;

/// <summary>The catalogue of all that is logged. The EventIds are fixed: alerts hang on them. No secret, no token.</summary>
internal static partial class Log
{
    /// <summary>The category of everything but a handler's own.</summary>
    public const string Category = "TencentCiam.TokenClient";

    [LoggerMessage(1, LogLevel.Debug,
        "CIAM client {Client}: new token for the scope \"{Scope}\" ({Reason}), life {Life}, next refresh after {RefreshAfter}.",
        EventName = "TokenAcquired")]
    public static partial void TokenAcquired(
        ILogger logger, string client, string scope, AcquisitionReason reason, TimeSpan life, TimeSpan refreshAfter);

    [LoggerMessage(2, LogLevel.Warning,
        "CIAM client {Client}: no token for the scope \"{Scope}\" ({Reason}). {Message} Further failures are logged at Debug.",
        EventName = "AcquisitionFailed")]
    public static partial void AcquisitionFailed(
        ILogger logger, Exception? exception, string client, string scope, AcquisitionReason reason, string message);

    [LoggerMessage(3, LogLevel.Warning,
        "CIAM client {Client}: the token for the scope \"{Scope}\" could not be renewed ahead; it goes on serving, and the renewal is "
        + "tried again. {Message} Further failures are logged at Debug.",
        EventName = "RefreshFailed")]
    public static partial void RefreshFailed(
        ILogger logger, Exception? exception, string client, string scope, string message);

    [LoggerMessage(4, LogLevel.Debug,
        "CIAM client {Client}: still no new token for the scope \"{Scope}\" ({Reason}). {Message}",
        EventName = "StillFailing")]
    public static partial void StillFailing(ILogger logger, string client, string scope, AcquisitionReason reason, string message);

    [LoggerMessage(5, LogLevel.Information,
        "CIAM client {Client}: tokens for the scope \"{Scope}\" are to be had again.",
        EventName = "Recovered")]
    public static partial void Recovered(ILogger logger, string client, string scope);

    [LoggerMessage(6, LogLevel.Debug,
        "CIAM client {Client}: attempt {Attempt} for the scope \"{Scope}\" failed, the next one follows in {Pause}. {Message}",
        EventName = "AttemptFailed")]
    public static partial void AttemptFailed(
        ILogger logger, string client, string scope, int attempt, TimeSpan pause, string message);

    [LoggerMessage(7, LogLevel.Warning,
        "CIAM client {Client}: RefreshBeforeExpiration or ExpirationMargin is more than half of the token's life of {Life}, "
        + "and was capped at half of it. Make the option smaller, leave it unset, or raise the life of the application's "
        + "tokens in the CIAM console.",
        EventName = "WindowCapped")]
    public static partial void WindowCapped(ILogger logger, string client, TimeSpan life);

    [LoggerMessage(8, LogLevel.Error,
        "CIAM client {Client}: the changed options are not valid and were not taken over; the last good ones stay. {Message}",
        EventName = "OptionsRejected")]
    public static partial void OptionsRejected(ILogger logger, string client, string message);

    [LoggerMessage(9, LogLevel.Warning,
        "A request to {Origin} goes out without a token: it is neither the BaseAddress of the HttpClient {HttpClient} nor one "
        + "of the AllowedOrigins of its CIAM handler. Add the origin there if it is meant to get the token. Logged once.",
        EventName = "OriginNotAllowed")]
    public static partial void OriginNotAllowed(ILogger logger, string origin, string httpClient);

    // As text: a provider that writes out the members of what it is given would find the value of a CiamAccessToken.
    [LoggerMessage(10, LogLevel.Information,
        "{Origin} answered 401 to the token ({Token}). It is replaced, unless it is only seconds old. If it goes on, check that "
        + "the API trusts this CIAM tenant and accepts the token's audience.",
        EventName = "TokenRefused")]
    public static partial void TokenRefused(ILogger logger, string origin, string token);

    [LoggerMessage(11, LogLevel.Warning,
        "CIAM client {Client}: of the scope \"{Scope}\" that was asked for, \"{Missing}\" was not granted. Permit it to the "
        + "application in the CIAM console, or do not ask for it. Logged once.",
        EventName = "ScopeNotGranted")]
    public static partial void ScopeNotGranted(ILogger logger, string client, string scope, string missing);

    [LoggerMessage(12, LogLevel.Warning,
        "CIAM client {Client}: the portal's clock is {Difference} ahead of this machine's (behind, where negative). Tokens are "
        + "renewed in time all the same, but APIs that check them by a clock like this machine's may refuse them as not yet "
        + "valid or as expired: see that both synchronize their clocks. Logged once.",
        EventName = "ClocksDiffer")]
    public static partial void ClocksDiffer(ILogger logger, string client, TimeSpan difference);
}
