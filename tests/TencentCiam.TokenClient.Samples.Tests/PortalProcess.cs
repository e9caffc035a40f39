using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace TencentCiam.TokenClient.Samples.Tests;

/// <summary>The sample CiamPortal on a free port, with an application of the given Client ID.</summary>
internal sealed class PortalProcess : IAsyncDisposable
{
    public const string ClientSecret = "sEcrEt/of+tEsts";

    private readonly SampleProcess _process;

    private PortalProcess(SampleProcess process, string clientId, Uri address)
    {
        _process = process;
        ClientId = clientId;
        Http = new HttpClient { BaseAddress = address };
    }

    public string ClientId { get; }

    public Uri Address => Http.BaseAddress!;

    /// <summary>A plain client that calls the portal as a program in any other language would.</summary>
    public HttpClient Http { get; }

    public string Output => _process.Output;

    public static async Task<PortalProcess> StartAsync(string clientId, params string[] arguments)
    {
        var process = SampleProcess.Start(
            "CiamPortal",
            ["--urls", "http://127.0.0.1:0", "--control", "loopback", .. arguments],
            ($"CIAMPORTAL_Applications__{clientId}__ClientSecret", ClientSecret),
            ($"CIAMPORTAL_Applications__{clientId}__Scopes__0", "orders.read"));
        return new PortalProcess(process, clientId, await process.WaitForAddressAsync());
    }

    public Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] form)
        => Http.PostAsync(
            new Uri(path, UriKind.Relative),
            new FormUrlEncodedContent(form.ToDictionary(field => field.Name, field => field.Value)),
            TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> RequestTokenAsync(string clientSecret = ClientSecret) => PostAsync(
        "oauth2/token",
        ("grant_type", "client_credentials"), ("client_id", ClientId), ("client_secret", clientSecret));

    public async Task<string> GetTokenAsync()
    {
        using var response = await RequestTokenAsync();
        var body = await response.EnsureSuccessStatusCode().Content
            .ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return body.GetProperty("access_token").GetString()!;
    }

    /// <summary>Calls the API with the token, and returns the status of its response.</summary>
    public async Task<HttpStatusCode> GetOrdersStatusAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    /// <summary>Calls the control API.</summary>
    /// <returns>The body of the response, which must be successful.</returns>
    public async Task<string> ControlAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, "emulator/" + path)
        {
            Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json"),
        };
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {body}");
        return body;
    }

    /// <summary>Waits until the portal has received this many token and revocation requests.</summary>
    public async Task WaitForRequestsAsync(int count)
    {
        while (JsonDocument.Parse(await ControlAsync(HttpMethod.Get, "requests")).RootElement.GetArrayLength() < count)
        {
            await Task.Yield();
        }
    }

    public Task BeginOutageAsync() => ControlAsync(HttpMethod.Put, "outage");

    public Task EndOutageAsync() => ControlAsync(HttpMethod.Delete, "outage");

    public Task<string> WaitForLineAsync(string text) => _process.WaitForLineAsync(text);

    public Task<int> StopAsync() => _process.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _process.DisposeAsync();
    }
}
