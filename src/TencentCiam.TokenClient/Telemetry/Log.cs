using Microsoft.Extensions.Logging;

namespace TencentCiam.TokenClient.Telemetry;

/// <summary>
/// The catalogue of all log messages. The EventIds are fixed, because alerts depend on them; docs/operations.md explains each.
/// No message holds a secret or a token.
/// </summary>
internal static partial class Log
{
    /// <summary>The category of everything but a handler's own messages.</summary>
    public const string Category = "TencentCiam.TokenClient";

    [LoggerMessage(1, LogLevel.Debug,
        "CIAM client {Client}: new token for {Scope} ({Reason}), lifetime {Lifetime} s, refresh in {RefreshIn} s.",
        EventName = "TokenAcquired")]
    public static partial void TokenAcquired(
        ILogger logger, string client, string scope, string reason, double lifetime, double refreshIn);

    [LoggerMessage(2, LogLevel.Warning,
        "CIAM client {Client}: no new token for {Scope} ({Reason}); calls fail unless an unexpired token is left. {Message} "
        + "Further failures are logged at Debug.",
        EventName = "AcquisitionFailed")]
    public static partial void AcquisitionFailed(
        ILogger logger, Exception? exception, string client, string scope, string reason, string message);

    [LoggerMessage(3, LogLevel.Warning,
        "CIAM client {Client}: background refresh for {Scope} failed; the current token remains in use and the refresh will be "
        + "retried. {Message} Further failures are logged at Debug.",
        EventName = "RefreshFailed")]
    public static partial void RefreshFailed(
        ILogger logger, Exception? exception, string client, string scope, string message);

    [LoggerMessage(4, LogLevel.Debug,
        "CIAM client {Client}: still no new token for {Scope} ({Reason}). {Message}",
        EventName = "StillFailing")]
    public static partial void StillFailing(ILogger logger, string client, string scope, string reason, string message);

    [LoggerMessage(5, LogLevel.Information,
        "CIAM client {Client}: token acquisition for {Scope} has recovered.",
        EventName = "Recovered")]
    public static partial void Recovered(ILogger logger, string client, string scope);

    [LoggerMessage(6, LogLevel.Debug,
        "CIAM client {Client}: attempt {Attempt} for {Scope} failed, retrying in {Pause} s. {Message}",
        EventName = "AttemptFailed")]
    public static partial void AttemptFailed(
        ILogger logger, string client, int attempt, string scope, double pause, string message);

    [LoggerMessage(7, LogLevel.Warning,
        "CIAM client {Client}: RefreshBeforeExpiration or ExpirationMargin is more than half of the token's lifetime of "
        + "{Lifetime} s and was capped at half of it. Reduce the option, leave it unset, or raise the token lifetime of the "
        + "application in the CIAM console. Logged once per client.",
        EventName = "WindowCapped")]
    public static partial void WindowCapped(ILogger logger, string client, double lifetime);

    [LoggerMessage(8, LogLevel.Error,
        "CIAM client {Client}: the changed options were rejected; the last valid options remain in effect. {Message}",
        EventName = "OptionsRejected")]
    public static partial void OptionsRejected(ILogger logger, string client, string message);

    [LoggerMessage(9, LogLevel.Warning,
        "A request to {Origin} was sent without a token: it is neither the BaseAddress of the HttpClient \"{HttpClient}\" nor "
        + "one of the AllowedOrigins of its CIAM handler. If the origin should receive the token, add it to AllowedOrigins. This "
        + "also applies to a BaseAddress that differs each time the HttpClient is created. Logged once per origin.",
        EventName = "OriginNotAllowed")]
    public static partial void OriginNotAllowed(ILogger logger, string origin, string httpClient);

    // As text: a provider that writes out the members of its arguments would find the value of a CiamAccessToken.
    [LoggerMessage(10, LogLevel.Information,
        "{Origin} rejected the token (401, {Challenge}). Rejected: {Token}. It will be replaced, unless it recently replaced "
        + "another rejected token. If this persists, check that the API trusts this CIAM tenant and accepts the token's audience.",
        EventName = "TokenRefused")]
    public static partial void TokenRefused(ILogger logger, string origin, string challenge, string token);

    [LoggerMessage(11, LogLevel.Warning,
        "CIAM client {Client}: the portal did not grant \"{Missing}\" of the requested scope \"{Scope}\". Permit it for the "
        + "application in the CIAM console, or do not request it. Logged once.",
        EventName = "ScopeNotGranted")]
    public static partial void ScopeNotGranted(ILogger logger, string client, string missing, string scope);

    [LoggerMessage(12, LogLevel.Warning,
        "CIAM client {Client}: the portal's clock is {Difference} s {Direction} this machine's clock. Tokens are still refreshed "
        + "in time, but an API whose clock agrees with this machine may reject them as expired or not yet valid. Synchronize "
        + "both clocks. Logged once per client.",
        EventName = "ClocksDiffer")]
    public static partial void ClocksDiffer(ILogger logger, string client, double difference, string direction);

    [LoggerMessage(13, LogLevel.Warning,
        "The HttpClient \"{HttpClient}\" has neither a BaseAddress nor AllowedOrigins, so its CIAM handler attaches the token to "
        + "requests to any https origin. Set one of the two. Logged once per HttpClient.",
        EventName = "AnyOriginAllowed")]
    public static partial void AnyOriginAllowed(ILogger logger, string httpClient);

    [LoggerMessage(14, LogLevel.Warning,
        "CIAM client {Client}: the configured primary handler is not used for the token endpoint. It follows redirects, keeps "
        + "cookies or decompresses responses, and was not changed because other HttpClients may share it. The library's own "
        + "handler is used instead. If the token endpoint needs settings such as a proxy or certificates, configure a new primary "
        + "handler on the builder that AddCiamClientCredentials returns. Logged once per client.",
        EventName = "PrimaryHandlerNotUsed")]
    public static partial void PrimaryHandlerNotUsed(ILogger logger, string client);

    [LoggerMessage(15, LogLevel.Warning,
        "The shared cache failed or did not respond in time. Until it recovers, each instance requests its own tokens; no call "
        + "fails because of it. Logged once per outage.",
        EventName = "SharedCacheUnavailable")]
    public static partial void SharedCacheUnavailable(ILogger logger, Exception exception);

    [LoggerMessage(16, LogLevel.Information,
        "The shared cache has recovered.",
        EventName = "SharedCacheRecovered")]
    public static partial void SharedCacheRecovered(ILogger logger);

    [LoggerMessage(17, LogLevel.Warning,
        "CIAM client {Client}: a token in the shared cache was rejected, because it was not written by an instance with the same "
        + "secret, was changed, or comes from the future. Check who can write to the cache, and that the instances' clocks agree. "
        + "Logged once until a token is accepted again.",
        EventName = "SharedTokenRejected")]
    public static partial void SharedTokenRejected(ILogger logger, string client);

    [LoggerMessage(20, LogLevel.Warning,
        "CIAM client {Client}: background acquisition for {Scope} ({Reason}) failed; there is no token that can be attached. It will "
        + "be retried. {Message} Further failures are logged at Debug.",
        EventName = "BackgroundAcquisitionFailed")]
    public static partial void BackgroundAcquisitionFailed(
        ILogger logger, Exception? exception, string client, string scope, string reason, string message);

    [LoggerMessage(21, LogLevel.Warning,
        "CIAM client {Client}: the host starts without a token, although StartupMode is Required, because the failure may pass. "
        + "Calls fail until a token is acquired, which is retried. {Message}",
        EventName = "StartedWithoutToken")]
    public static partial void StartedWithoutToken(ILogger logger, Exception? exception, string client, string message);
}
