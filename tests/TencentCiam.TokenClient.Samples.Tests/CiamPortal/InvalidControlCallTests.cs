using System.Text;

namespace TencentCiam.TokenClient.Samples.Tests.CiamPortal;

/// <summary>Calls of the control API that cannot be carried out. All are made to one server.</summary>
public sealed class InvalidControlCallTests(InvalidControlCallTests.Portal portal) : IClassFixture<InvalidControlCallTests.Portal>
{
    [Theory]
    [InlineData("POST", "faults", """{"fault":"hang","status":503}""", 400, "status")]
    [InlineData("POST", "faults", """{"fault":"nonsense"}""", 400, "nonsense")]
    [InlineData("POST", "faults", "{}", 400, "\\\"fault\\\" is missing")]
    [InlineData("POST", "faults", "not JSON", 400, "JSON")]
    [InlineData("POST", "faults", """{"fault":"delay"}""", 400, "delaySeconds")]
    [InlineData("POST", "faults", """{"fault":"respond","status":99}""", 400, "status must be from 200 to 599")]
    [InlineData("POST", "faults?times=0", """{"fault":"hang"}""", 400, "times")]
    [InlineData("POST", "faults?times=some", """{"fault":"hang"}""", 400, "times")]
    [InlineData("GET", "faults", null, 405, null)]
    [InlineData("POST", "applications", """{"clientId":"tenant"}""", 400, "clientSecret")]
    [InlineData("POST", "applications", """{"clientId":"curl","clientSecret":"x"}""", 400, "already has an application")]
    [InlineData("POST", "applications", """{"clientId":"","clientSecret":"x"}""", 400, "empty")]
    [InlineData("PATCH", "applications/nobody", "{}", 404, "There is no application")]
    [InlineData("DELETE", "applications/nobody", null, 404, "There is no application")]
    [InlineData("PATCH", "applications/curl", """{"isEnabled":false,"scopes":["a b"]}""", 400, "not a valid scope token")]
    [InlineData("PATCH", "applications/curl", """{"isEnabled":false,"clientSecret":""}""", 400, "empty")]
    [InlineData("PATCH", "applications/curl", """{"isEnabled":false,"accessTokenLifetimeSeconds":1e300}""", 400, "TimeSpan")]
    [InlineData("PUT", "clock", """{"offsetSeconds":3153600001}""", 400, "36500.00:00:00")]
    [InlineData("PUT", "clock", "offset=3", 415, null)]
    public async Task An_invalid_call_is_explained_and_changes_nothing(string method, string path, string? json, int status, string? message)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "emulator/" + path)
        {
            Content = json is null ? null : new StringContent(json, Encoding.UTF8, status == 415 ? "text/plain" : "application/json"),
        };

        using var response = await portal.Process.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(message ?? "", body, StringComparison.Ordinal);
        Assert.Equal(message is not null, body.StartsWith("{\"error\":\"", StringComparison.Ordinal));
        Assert.NotEmpty(await portal.Process.GetTokenAsync());
    }

    public sealed class Portal : IAsyncLifetime
    {
        internal PortalProcess Process { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Process = await PortalProcess.StartAsync("curl");

        public ValueTask DisposeAsync() => Process.DisposeAsync();
    }
}
