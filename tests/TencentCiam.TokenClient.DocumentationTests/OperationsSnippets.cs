using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests;

/// <summary>The C# snippets of docs/operations.md.</summary>
public sealed class OperationsSnippets
{
    [Theory]
    [InlineData(true, HttpStatusCode.OK)]
    [InlineData(false, HttpStatusCode.ServiceUnavailable)]
    public async Task Readiness_depends_on_the_token_and_liveness_does_not(bool isEnabled, HttpStatusCode readiness)
    {
        using var portal = new CiamPortalEmulator();
        portal.Application.IsEnabled = isEnabled;
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddCiamClientCredentials(_ => { }).UseEmulator(portal);

        // <snippet>
        builder.Services.AddHealthChecks().AddCiamClientCredentials(tags: ["ready"]);
        // </snippet>

        await using var app = builder.Build();

        // <snippet>
        app.MapHealthChecks("/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready") });
        app.MapHealthChecks("/live", new HealthCheckOptions { Predicate = _ => false });
        // </snippet>

        await app.StartAsync(TestContext.Current.CancellationToken);
        await Record.ExceptionAsync(() => app.Services.GetRequiredService<ICiamTokenProvider>()
            .GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());
        using var client = app.GetTestServer().CreateClient();

        Assert.Equal(readiness, await StatusAsync("ready"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("live"));
        Assert.Single(portal.Requests);

        async Task<HttpStatusCode> StatusAsync(string path)
        {
            using var response = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
    }
}
