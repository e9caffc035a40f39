using System.Net.Http.Json;
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

    public async Task BeginOutageAsync()
    {
        using var response = await Http.PutAsync(
            new Uri("emulator/outage", UriKind.Relative), content: null, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public async Task EndOutageAsync()
    {
        using var response = await Http.DeleteAsync(
            new Uri("emulator/outage", UriKind.Relative), TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public Task<int> StopAsync() => _process.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _process.DisposeAsync();
    }
}
