using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TencentCiam.TokenClient.Samples.Tests;

/// <summary>Ports for programs that cannot choose a free one themselves.</summary>
internal static class LoopbackPort
{
    public static string FindFree()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
