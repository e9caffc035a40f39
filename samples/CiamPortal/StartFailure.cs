using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;

namespace CiamPortal;

/// <summary>What to do about a start that failed, in one line.</summary>
internal static class StartFailure
{
    /// <returns>The line; null for an exception that only a defect explains.</returns>
    public static string? Describe(Exception exception, IConfiguration configuration)
    {
        var urls = configuration["Urls"] ?? ServerSettings.DefaultUrls;
        return exception switch
        {
            SettingException => exception.Message,
            IOException { InnerException: AddressInUseException }
                => $"{urls} is in use. Choose another port with --urls, or port 0 for any free port.",
            SocketException => $"The server cannot listen on {urls}: {exception.Message}. Choose another address with --urls.",
            IOException or UnauthorizedAccessException or CryptographicException => exception.Message.ReplaceLineEndings(" "),
            _ => null,
        };
    }
}
