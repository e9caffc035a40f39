using Microsoft.Extensions.Http;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>What HttpClientFactory's own logging shows at Trace.</summary>
internal static class LoggedHeaders
{
    /// <summary>
    /// Redacts Authorization beside whatever else is redacted. RedactLoggedHeaders would replace the user's choice, and
    /// the default of redacting everything, by this one name.
    /// </summary>
    public static void RedactAuthorization(HttpClientFactoryOptions options)
    {
        var others = options.ShouldRedactHeaderValue;
        options.ShouldRedactHeaderValue =
            name => name.Equals("Authorization", StringComparison.OrdinalIgnoreCase) || others(name);
    }
}
