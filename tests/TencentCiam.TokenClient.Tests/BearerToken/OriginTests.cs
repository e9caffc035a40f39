using TencentCiam.TokenClient.BearerToken;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>Origins are equal when scheme, host and port are, however they are written.</summary>
public sealed class OriginTests
{
    [Theory]
    [InlineData("https://bücher.example", "https://xn--bcher-kva.example/1")]
    [InlineData("https://xn--bcher-kva.example", "https://bücher.example/1")]
    [InlineData("https://BÜCHER.example", "https://XN--BCHER-KVA.example:443/1")]
    [InlineData("https://[fe80::1%eth0]", "https://[fe80:0::1%eth0]:443/1")]
    [InlineData("https://[fe80::1%eth0]", "https://[fe80::1%eth0]/1")]
    [InlineData("https://[::1]:8443", "https://[::1]:8443/1")]
    [InlineData("https://orders.example.com:8443/path", "https://ORDERS.example.com:8443")]
    public async Task Equal(string allowed, string address) => Assert.True(await IsSentAsync(allowed, address));

    [Theory]
    [InlineData("https://[fe80::1%eth0]", "https://[fe80::1%eth1]/1")]
    [InlineData("https://[fe80::1%eth0]", "https://[fe80::1]/1")]
    [InlineData("https://[fe80::1]", "https://[fe80::1%eth0]/1")]
    [InlineData("https://bücher.example", "https://bucher.example/1")]
    [InlineData("https://orders.example.com", "https://orders.example.com:8443/1")]
    [InlineData("https://orders.example.com", "wss://orders.example.com/1")]
    [InlineData("https://orders.example.com", "https+http://orders.example.com/1")]
    public async Task Different(string allowed, string address) => Assert.False(await IsSentAsync(allowed, address));

    [Theory]
    [InlineData("https://orders.example.com")]
    [InlineData("https://bücher.example")]
    [InlineData("https://BÜCHER.example:443/path")]
    [InlineData("https://[fe80::1%eth0]")]
    public void Addresses_relative_to_a_BaseAddress_are_compared_without_allocating(string baseAddress)
    {
        var origins = new OriginSet([new Uri(baseAddress)]);
        var address = new Uri(new Uri(baseAddress), "orders/1");
        Assert.True(origins.Contains(address));
        var before = GC.GetAllocatedBytesForCurrentThread();

        origins.Contains(address);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static async Task<bool> IsSentAsync(string allowed, string address)
    {
        using var api = new FakeApi(
            options =>
            {
                options.AllowedOrigins.Add(new Uri(allowed));
                options.AllowInsecureHttp = true;
            },
            baseAddress: null);

        await api.GetAsync(address);

        return api.Received.Single().Authorization is not null;
    }
}
