using System.Collections.Concurrent;
using System.Net;
using System.Text;
using TencentCiam.TokenClient.Testing;
using TencentCiam.TokenClient.Tests.Telemetry;

namespace TencentCiam.TokenClient.Tests;

/// <summary>No output of the library contains a secret or token, in plain text or in any encoding in which it is sent.</summary>
public sealed class SecretsTests
{
    private const string Secret = "s3cr3t/of+the tenant=";

    [Theory]
    [InlineData(CiamClientAuthentication.ClientSecretPost)]
    [InlineData(CiamClientAuthentication.ClientSecretBasic)]
    public async Task Logs_metrics_activities_exceptions_and_ToString_contain_no_secret_or_token(CiamClientAuthentication authentication)
    {
        var outputs = new ConcurrentQueue<string>();
        var tokens = new List<CiamAccessToken>();
        using var host = new CiamHost(
            configure: options => options.ClientAuthentication = authentication,
            services: services =>
            {
                services.PostConfigure<CiamClientCredentialsOptions>(options => options.ClientSecret = Secret);

                // The user's own choice of redacted headers must not replace ours.
                services.AddCiamClientCredentials(_ => { }).RedactLoggedHeaders(["X-Other"]);
                services.AddHttpClient("orders", client => client.BaseAddress = new Uri("https://orders.example.com"))
                    .AddCiamClientCredentialsHandler()
                    .RedactLoggedHeaders(["X-Other"])
                    .ConfigurePrimaryHttpMessageHandler(() => new RejectsFirstRequest());
            });
        using var telemetry = new TelemetryCollector(host);
        host.Portal.Application.ClientSecret = Secret;
        var client = host.Services.GetRequiredService<CiamTokenClient>();
        var cancellationToken = TestContext.Current.CancellationToken;

        // A token that is acquired, used, rejected and replaced.
        tokens.Add(await host.TokenAsync());
        host.Clock.AdvanceSeconds(30);
        await host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders")
            .GetAsync(new Uri("orders/1", UriKind.Relative), cancellationToken);
        tokens.Add(await host.TokenAsync());
        outputs.Enqueue(tokens[0].ToString());
        outputs.Enqueue(new CiamTokenResult.Success(tokens[0]).ToString());

        // Every kind of failure, from a server that repeats everything it received.
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
            outputs.Enqueue(result.ToString());
            outputs.Enqueue(Assert.Throws<CiamTokenException>(() => result.GetTokenOrThrow()).ToString());
        }

        host.Portal.FailNext(Echo(HttpStatusCode.BadRequest, "invalid_request"));
        outputs.Enqueue((await client.RevokeTokenAsync(tokens[1].Value, cancellationToken))!.ToString());
        Assert.Null(await client.RevokeTokenAsync(tokens[1].Value, cancellationToken));

        // A background refresh that fails, and a token that cannot be acquired.
        host.Clock.AdvanceSeconds(250);
        host.Portal.Outage = Echo(HttpStatusCode.Unauthorized, "invalid_client");
        host.TokenAtOnce();
        await host.AcquisitionsCompleteAsync();
        host.Clock.AdvanceSeconds(250);
        outputs.Enqueue((await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync())).ToString());
        foreach (var entry in host.Logs.Entries)
        {
            outputs.Enqueue($"{entry.Message} {entry.Exception}");
        }

        // A logging provider may write out the members of its arguments, so no argument may have members.
        Assert.NotEmpty(host.Logs.Named("TokenRefused"));
        Assert.All(
            host.Logs.Entries.Where(entry => entry.Category.StartsWith("TencentCiam", StringComparison.Ordinal)),
            entry => Assert.All(entry.Values, value => Assert.True(value is null or string or ValueType, $"{entry.EventName}: {value}")));

        telemetry.Observe();
        Assert.NotEmpty(telemetry.Measurements);
        foreach (var measured in telemetry.Measurements)
        {
            outputs.Enqueue(measured.ToString());
        }

        Assert.NotEmpty(telemetry.Activities);
        foreach (var activity in telemetry.Activities)
        {
            outputs.Enqueue($"{activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects)}");
        }

        Assert.Contains(outputs, text => text.Contains("Authorization: *", StringComparison.Ordinal));
        var basic = Convert.ToBase64String(Encoding.ASCII.GetBytes(
            $"{Uri.EscapeDataString(host.Portal.Application.ClientId)}:{Uri.EscapeDataString(Secret).Replace("%20", "+", StringComparison.Ordinal)}"));
        string[] secrets = [Secret, "s3cr3t", "czNjcjN0", basic, .. tokens.SelectMany(token => token.Value.Split('.')[1..])];
        Assert.All(outputs, text => Assert.All(
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

    private sealed class RejectsFirstRequest : HttpMessageHandler
    {
        private int _requests;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => Task.FromResult(new HttpResponseMessage(
                _requests++ == 0 ? HttpStatusCode.Unauthorized : HttpStatusCode.OK));
    }
}
