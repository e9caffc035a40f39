using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>
/// Reports all faults of a client's options in one message, with what to write instead and where. Never repeats the secret.
/// </summary>
internal sealed class CiamClientCredentialsOptionsValidator : IValidateOptions<CiamClientCredentialsOptions>
{
    private const string AuthorityExample = "for example https://sample.portal.tencentciam.com";
    private const string ExpectedClientId = "the Client ID shown in the CIAM console";
    private const string ExpectedClientSecret = "the secret shown in the CIAM console";
    private const string ExpectedStartupMode = "Lazy, Warm or Required";
    private const string SpanExample = "hours:minutes:seconds, for example 00:00:10 for ten seconds";

    private static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxWindow = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, CiamClientCredentialsOptions options)
    {
        var faults = options.UnreadableSettings.Select(setting => Unreadable(options, setting))
            .Concat(options.SettingsWithChildren.Select(setting => NotSingle(options, setting)))
            .ToList();
        ValidateAuthority(options, faults);
        ValidateText(options, nameof(options.ClientId), options.ClientId, ExpectedClientId, faults);
        ValidateText(options, nameof(options.ClientSecret), options.ClientSecret, ExpectedClientSecret, faults);

        if (!string.IsNullOrEmpty(options.Scope) && !OAuthScope.IsWellFormed(options.Scope))
        {
            faults.Add($"Scope is malformed: {OAuthScope.Rule}");
        }

        if (!Enum.IsDefined(options.ClientAuthentication))
        {
            faults.Add("ClientAuthentication must be ClientSecretPost or ClientSecretBasic");
        }

        if (!Enum.IsDefined(options.StartupMode))
        {
            faults.Add($"StartupMode must be {ExpectedStartupMode}");
        }

        ValidateSpan(
            nameof(options.RefreshBeforeExpiration), options.RefreshBeforeExpiration, TimeSpan.Zero, MaxWindow, faults);
        ValidateSpan(nameof(options.ExpirationMargin), options.ExpirationMargin, TimeSpan.Zero, MaxWindow, faults);
        ValidateSpan(nameof(options.RequestTimeout), options.RequestTimeout, TimeSpan.FromTicks(1), MaxTimeout, faults);
        ValidateSpan(
            nameof(options.AcquisitionTimeout), options.AcquisitionTimeout, TimeSpan.FromTicks(1), MaxTimeout, faults);

        return faults.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"The CIAM client {ClientName.Quote(name ?? "")} has invalid options. "
                + string.Join(". ", faults) + ".");
    }

    private static void ValidateAuthority(CiamClientCredentialsOptions options, List<string> faults)
    {
        var authority = options.Authority;
        if (authority is null || authority.OriginalString.Length == 0)
        {
            faults.Add($"Authority is missing: set {Setting(options, nameof(options.Authority))} to the URL of the tenant's portal, "
                + AuthorityExample);
        }
        else if (!authority.IsAbsoluteUri || (authority.Scheme != Uri.UriSchemeHttps && authority.Scheme != Uri.UriSchemeHttp))
        {
            faults.Add($"Authority must be an absolute HTTPS URL, {AuthorityExample}");
        }
        else
        {
            if (authority.Scheme == Uri.UriSchemeHttp && !authority.IsLoopback && !options.AllowInsecureHttp)
            {
                faults.Add("Authority is a plain HTTP URL of another machine, where the secret can be intercepted: use https, or set "
                    + "AllowInsecureHttp if the connection is secured by other means");
            }

            if (authority.UserInfo.Length > 0 || authority.Query.Length > 0 || authority.Fragment.Length > 0)
            {
                faults.Add($"Authority has a user, a query or a fragment: write only scheme, host and path, {AuthorityExample}");
            }

            if (authority.AbsolutePath.TrimEnd('/').EndsWith("/oauth2/token", StringComparison.OrdinalIgnoreCase))
            {
                faults.Add($"Authority is the URL of the token endpoint: omit /oauth2/token, {AuthorityExample}");
            }
        }
    }

    // Where a missing value belongs; without a configuration section, the options are set in code.
    private static string Setting(CiamClientCredentialsOptions options, string property)
        => options.ConfigurationPath is { Length: > 0 } path
            ? $"the configuration key {path}:{property} (environment variable {path.Replace(":", "__", StringComparison.Ordinal)}__{property})"
            : "it";

    private static string Unreadable(CiamClientCredentialsOptions options, string setting)
        => $"{setting} has a value that cannot be read: set {Setting(options, setting)} to {Expected(setting)}";

    private static string NotSingle(CiamClientCredentialsOptions options, string setting)
        => $"{setting} must be a single value, not a list or a section: set {Setting(options, setting)} to {Expected(setting)}";

    private static string Expected(string setting)
        => setting.ToUpperInvariant() switch
        {
            "AUTHORITY" => $"an absolute URL, {AuthorityExample}",
            "CLIENTID" => ExpectedClientId,
            "CLIENTSECRET" => ExpectedClientSecret,
            "SCOPE" => "scopes separated by single spaces",
            "CLIENTAUTHENTICATION" => "ClientSecretPost or ClientSecretBasic",
            "ALLOWINSECUREHTTP" or "KEEPWARM" => "true or false",
            "STARTUPMODE" => ExpectedStartupMode,
            _ => SpanExample,
        };

    private static void ValidateText(
        CiamClientCredentialsOptions options,
        string property,
        string? value,
        string what,
        List<string> faults)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            faults.Add($"{property} is missing: set {Setting(options, property)} to {what}");
        }
        else if (char.IsWhiteSpace(value[0]) || char.IsWhiteSpace(value[^1]) || value.Any(char.IsControl))
        {
            faults.Add($"{property} has leading or trailing white space, or control characters (check for a copy-paste error): set "
                + $"{Setting(options, property)} to exactly {what}");
        }
    }

    private static void ValidateSpan(string property, TimeSpan? value, TimeSpan least, TimeSpan most, List<string> faults)
    {
        if (value < least || value > most)
        {
            // A bare number in a configuration is a TimeSpan of that many days.
            faults.Add($"{property} is {value}, but must be {(least == TimeSpan.Zero ? "between zero" : "more than zero")} and "
                + $"{(least == TimeSpan.Zero ? "" : "at most ")}{most}: write {SpanExample}");
        }
    }
}
