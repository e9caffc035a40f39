using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace TencentCiam.TokenClient.Benchmarks.Sockets;

/// <summary>A token endpoint on a free port of this machine.</summary>
internal sealed class TokenServer : IAsyncDisposable
{
    private static readonly string Body =
        $$"""{"access_token":"{{new string('x', 773)}}","scope":"identity_proofing","token_type":"Bearer","expires_in":3600}""";

    private readonly WebApplication _app;

    private TokenServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    /// <param name="latency">How long it takes to respond.</param>
    public static async Task<TokenServer> StartAsync(TimeSpan latency)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            await Task.Delay(latency);
            context.Response.ContentType = "application/json;charset=UTF-8";
            await context.Response.WriteAsync(Body);
        });
        await app.StartAsync();
        return new TokenServer(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
