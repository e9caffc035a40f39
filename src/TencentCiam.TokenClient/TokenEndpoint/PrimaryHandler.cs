using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>
/// Chooses the primary handler of one token endpoint's HttpClient. The factory builds the handlers again every few minutes,
/// never twice at the same time.
/// </summary>
internal sealed class PrimaryHandler(string clientName)
{
    private SocketsHttpHandler _own = CreateOwn();
    private bool _isReplaced;
    private bool _hasWarned;

    /// <summary>
    /// Creates the library's own handler. It follows no redirects, which would carry the secret to wherever they lead; keeps no
    /// cookies, which the token endpoint does not use; does not decompress, which would bypass the limit on the body's size; and
    /// replaces its connections, so that it notices a change of the portal's address in DNS.
    /// </summary>
    public static SocketsHttpHandler CreateOwn() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    };

    /// <summary>Runs before everything that is configured, which may change or replace the handler.</summary>
    public void Begin(HttpMessageHandlerBuilder builder)
    {
        _isReplaced = false;
        builder.PrimaryHandler = _own = CreateOwn();
    }

    /// <summary>
    /// Runs after what is inherited. An inherited handler may be shared with other HttpClients, so it is used unchanged or not
    /// at all.
    /// </summary>
    public void CheckInherited(HttpMessageHandlerBuilder builder)
    {
        if (builder.PrimaryHandler != _own && !IsSuitable(ProxyUse.Innermost(builder.PrimaryHandler)))
        {
            Replace(builder);
        }
    }

    /// <summary>Runs after everything that is configured.</summary>
    public void Complete(HttpMessageHandlerBuilder builder)
    {
        if (!TryHarden(builder.PrimaryHandler))
        {
            Replace(builder);
            TryHarden(_own);
        }

        if (_isReplaced && builder.PrimaryHandler == _own)
        {
            Warn(builder.Services);
        }

        builder.PrimaryHandler = new InvalidResponseRedactionHandler(
            new ProxyBypassHandler(builder.PrimaryHandler, ProxyUse.Innermost(builder.PrimaryHandler)));
    }

    // A handler of another kind may be anything, such as a test's fake.
    private static bool IsSuitable(HttpMessageHandler? handler) => handler switch
    {
        SocketsHttpHandler sockets =>
            sockets is { AllowAutoRedirect: false, UseCookies: false, AutomaticDecompression: DecompressionMethods.None },
        HttpClientHandler client =>
            client is { AllowAutoRedirect: false, UseCookies: false, AutomaticDecompression: DecompressionMethods.None },
        _ => true,
    };

    // Returns false where the handler cannot be changed, because it has sent a request or is disposed. A suitable one is left
    // alone.
    private static bool TryHarden(HttpMessageHandler? primary)
    {
        var handler = ProxyUse.Innermost(primary);
        if (IsSuitable(handler))
        {
            return true;
        }

        try
        {
            if (handler is SocketsHttpHandler sockets)
            {
                sockets.AllowAutoRedirect = false;
                sockets.UseCookies = false;
                sockets.AutomaticDecompression = DecompressionMethods.None;
            }
            else if (handler is HttpClientHandler client)
            {
                client.AllowAutoRedirect = false;
                client.UseCookies = false;
                client.AutomaticDecompression = DecompressionMethods.None;
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private void Replace(HttpMessageHandlerBuilder builder)
    {
        builder.PrimaryHandler = _own;
        _isReplaced = true;
    }

    private void Warn(IServiceProvider services)
    {
        if (_hasWarned)
        {
            return;
        }

        _hasWarned = true;

        // The factory would keep the exception of a failed creation.
        var logger = new FaultTolerantLogger(services.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category));
        Log.PrimaryHandlerNotUsed(logger, ClientName.Of(clientName));
    }
}
