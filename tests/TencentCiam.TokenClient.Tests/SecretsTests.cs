using System.Collections.Concurrent;
using System.Net;
using System.Text;
using TencentCiam.TokenClient.Testing;
using TencentCiam.TokenClient.Tests.Telemetry;

namespace TencentCiam.TokenClient.Tests;

/// <summary>Neither secret nor token appear in what the library says, in plain or in any encoding they are sent in.</summary>
public sealed class SecretsTests
{
    private const string Secret = "s3cr3t/of+the tenant=";

    [Theory]
    [InlineData(CiamClientAuthentication.ClientSecretPost)]
    [InlineData(CiamClientAuthentication.ClientSecretBasic)]
    public async Task Logs_metrics_activities_exceptions_and_ToString_contain_no_secret_or_token(CiamClientAuthentication authentication)
    {
        var said = new ConcurrentQueue<string>();
        var tokens = new List<CiamAccessToken>();
        using var host = new CiamHost(
            configure: options => options.ClientAuthentication = authentication,
            services: services =>
            {
                services.PostConfigure<CiamClientCredentialsOptions>(options => options.ClientSecret = Secret);

                // The user's own choice of what is redacted must not undo ours.
                services.AddCiamClientCredentials(_ => { }).RedactLoggedHeaders(["X-Other"]);
                services.AddHttpClient("orders", client => client.BaseAddress = new Uri("https://orders.example.com"))
                    .AddCiamClientCredentialsHandler()
                    .RedactLoggedHeaders(["X-Other"])
                    .ConfigurePrimaryHttpMessageHandler(() => new Refusing());
            });
        using var telemetry = new TelemetryCollector(host);
        host.Portal.Application.ClientSecret = Secret;
        var client = host.Services.GetRequiredService<CiamTokenClient>();
        var cancellationToken = TestContext.Current.CancellationToken;

        // A token, its use, its refusal and its replacement.
        tokens.Add(await host.TokenAsync());
        host.Clock.AdvanceSeconds(30);
        await host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders")
            .GetAsync(new Uri("orders/1", UriKind.Relative), cancellationToken);
        tokens.Add(await host.TokenAsync());
        said.Enqueue(tokens[0].ToString());
        said.Enqueue(new CiamTokenResult.Success(tokens[0]).ToString());

        // Every kind of failure, from a server that repeats all that it was sent.
        foreach (var fault in (CiamPortalFault[])[
            Echo(HttpStatusCode.Unauthorized, "invalid_client"),
            Echo(HttpStatusCode.BadRequest, "unauthorized_client"),
            Echo(HttpStatusCode.BadRequest, "invalid_scope"),
            Echo(HttpStatusCode.BadRequest, "invalid_request"),
            Echo(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"),
            Echo(HttpStatusCode.OK, "x"),
            CiamPortalFault.Respond(HttpStatusCode.TemporaryRedirect),
            CiamPortalFault.BadGateway(),
            CiamPortalFault.ConnectionFailure(),
        ])
        {
            host.Portal.FailNext(fault);
            var result = await client.RequestTokenAsync(cancellationToken: cancellationToken);
            said.Enqueue(result.ToString());
            said.Enqueue(Assert.Throws<CiamTokenException>(() => result.GetTokenOrThrow()).ToString());
        }

        host.Portal.FailNext(Echo(HttpStatusCode.BadRequest, "invalid_request"));
        said.Enqueue((await client.RevokeTokenAsync(tokens[1].Value, cancellationToken))!.ToString());
        Assert.Null(await client.RevokeTokenAsync(tokens[1].Value, cancellationToken));

        // A refresh that fails in the background, and a token that cannot be had.
        host.Clock.AdvanceSeconds(250);
        host.Portal.Outage = Echo(HttpStatusCode.Unauthorized, "invalid_client");
        host.TokenAtOnce();
        await host.AcquisitionsCompleteAsync();
        host.Clock.AdvanceSeconds(250);
        said.Enqueue((await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync())).ToString());
        foreach (var entry in host.Logs.Entries)
        {
            said.Enqueue($"{entry.Message} {entry.Exception}");
        }

        // A provider may write out the members of what it is given: so nothing is that has members.
        Assert.NotEmpty(host.Logs.Named("TokenRefused"));
        Assert.All(
            host.Logs.Entries.Where(entry => entry.Category.StartsWith("TencentCiam", StringComparison.Ordinal)),
            entry => Assert.All(entry.Values, value => Assert.True(value is null or string or ValueType, $"{entry.EventName}: {value}")));

        telemetry.Observe();
        Assert.NotEmpty(telemetry.Measurements);
        foreach (var measured in telemetry.Measurements)
        {
            said.Enqueue(measured.ToString());
        }

        Assert.NotEmpty(telemetry.Activities);
        foreach (var activity in telemetry.Activities)
        {
            said.Enqueue($"{activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects)}");
        }

        Assert.Contains(said, text => text.Contains("Authorization: *", StringComparison.Ordinal));
        var basic = Convert.ToBase64String(Encoding.ASCII.GetBytes(
            $"{Uri.EscapeDataString(host.Portal.Application.ClientId)}:{Uri.EscapeDataString(Secret).Replace("%20", "+", StringComparison.Ordinal)}"));
        string[] secrets = [Secret, "s3cr3t", "czNjcjN0", basic, .. tokens.SelectMany(token => token.Value.Split('.')[1..])];
        Assert.All(said, text => Assert.All(
            secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase)));
    }

    private static CiamPortalFault Echo(HttpStatusCode status, string error)
        => CiamPortalFault.Respond(request =>
        {
            using var body = new StreamReader(request.Content!.ReadAsStream());
            request.Content.ReadAsStream().Position = 0;
            var form = body.ReadToEnd();
            var sent = $"{request.Headers.Authorization} {form} {WebUtility.UrlDecode(form)}";
            request.Content.ReadAsStream().Position = 0;
            return new HttpResponseMessage(status)
            {
                Content = new StringContent($$"""{"error":"{{error}}","error_description":"{{sent}}","scope":"{{sent}}"}"""),
                Headers = { Location = new Uri($"https://elsewhere.example.com/?{Uri.EscapeDataString(sent)}") },
            };
        });

    private sealed class Refusing : HttpMessageHandler
    {
        private int _requests;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => Task.FromResult(new HttpResponseMessage(
                _requests++ == 0 ? HttpStatusCode.Unauthorized : HttpStatusCode.OK));
    }
}
