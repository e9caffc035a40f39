using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>All faults of a client's options in one message, with what to write instead. Never repeats the secret.</summary>
internal sealed class CiamClientCredentialsOptionsValidator : IValidateOptions<CiamClientCredentialsOptions>
{
    private const string SpanExample = "hours:minutes:seconds, for instance 00:00:10 for ten seconds";

    private static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxWindow = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, CiamClientCredentialsOptions options)
    {
        var faults = options.UnreadableSettings.Select(Unreadable).ToList();
        ValidateAuthority(options, faults);
        ValidateText(nameof(options.ClientId), options.ClientId, "the Client ID that the CIAM console shows", faults);
        ValidateText(nameof(options.ClientSecret), options.ClientSecret, "the secret that the CIAM console shows", faults);

        if (!string.IsNullOrEmpty(options.Scope) && !OAuthScope.IsWellFormed(options.Scope))
        {
            faults.Add("Scope is malformed: write scope tokens separated by single spaces, with no space at either end, no "
                + "quotation marks, backslashes or characters beyond ASCII (RFC 6749 section 3.3)");
        }

        if (!Enum.IsDefined(options.ClientAuthentication))
        {
            faults.Add("ClientAuthentication is neither ClientSecretPost nor ClientSecretBasic");
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
                $"The CIAM client {(string.IsNullOrEmpty(name) ? "(unnamed)" : $"\"{name}\"")} is not set up. "
                + string.Join(". ", faults) + ".");
    }

    private static void ValidateAuthority(CiamClientCredentialsOptions options, List<string> faults)
    {
        const string Example = "for instance https://sample.portal.tencentciam.com";
        var authority = options.Authority;
        if (authority is null || authority.OriginalString.Length == 0)
        {
            faults.Add($"Authority is missing: set it to the address of the tenant's portal, {Example}");
        }
        else if (!authority.IsAbsoluteUri || (authority.Scheme != Uri.UriSchemeHttps && authority.Scheme != Uri.UriSchemeHttp))
        {
            faults.Add($"Authority is no absolute https address: write it in full, {Example}");
        }
        else
        {
            if (authority.Scheme == Uri.UriSchemeHttp && !authority.IsLoopback && !options.AllowInsecureHttp)
            {
                faults.Add("Authority is a plain http address of another machine, where the secret can be read on its way: use "
                    + "https, or set AllowInsecureHttp if the way is protected otherwise");
            }

            if (authority.UserInfo.Length > 0 || authority.Query.Length > 0 || authority.Fragment.Length > 0)
            {
                faults.Add($"Authority has a user, a query or a fragment: write only scheme, host and path, {Example}");
            }

            if (authority.AbsolutePath.TrimEnd('/').EndsWith("/oauth2/token", StringComparison.OrdinalIgnoreCase))
            {
                faults.Add($"Authority is the address of the token endpoint: leave out /oauth2/token, {Example}");
            }
        }
    }

    private static string Unreadable(string setting)
        => $"{setting} has a value that cannot be read: " + setting.ToUpperInvariant() switch
        {
            "AUTHORITY" => "write an absolute address, for instance https://sample.portal.tencentciam.com",
            "CLIENTAUTHENTICATION" => "write ClientSecretPost or ClientSecretBasic",
            "ALLOWINSECUREHTTP" => "write true or false",
            _ => $"write {SpanExample}",
        };

    private static void ValidateText(string property, string? value, string what, List<string> faults)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            faults.Add($"{property} is missing: set it to {what}");
        }
        else if (char.IsWhiteSpace(value[0]) || char.IsWhiteSpace(value[^1]) || value.Any(char.IsControl))
        {
            faults.Add($"{property} has white space around it or control characters in it, as happens when it is pasted: set it "
                + $"to exactly {what}");
        }
    }

    private static void ValidateSpan(string property, TimeSpan? value, TimeSpan least, TimeSpan most, List<string> faults)
    {
        if (value < least || value > most)
        {
            // A bare number in a configuration is a TimeSpan of that many days.
            faults.Add($"{property} is {value}, and must be {(least == TimeSpan.Zero ? "from zero" : "more than zero")} to {most}: "
                + $"write {SpanExample}");
        }
    }
}
