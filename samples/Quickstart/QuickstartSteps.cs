using System.Diagnostics;
using System.Net;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.Testing;

namespace Quickstart;

/// <summary>The steps of the quickstart, in order. Some of them need an emulated portal.</summary>
/// <remarks>
/// The clients are injected once, because this service runs for seconds only. A long-running service gets a new
/// <see cref="OrdersClient"/> or <see cref="CiamTokenClient"/> for each operation; <see cref="ICiamTokenProvider"/> is a
/// singleton and can be kept.
/// </remarks>
internal sealed class QuickstartSteps(
    StepReporter reporter,
    OrdersClient orders,
    IHttpClientFactory httpClients,
    ICiamTokenProvider tokens,
    CiamTokenClient tokenClient,
    [FromKeyedServices(QuickstartSteps.WrongSecret)] CiamTokenClient clientWithWrongSecret,
    IHostApplicationLifetime lifetime,
    CiamPortalEmulator? portal = null) : BackgroundService
{
    public const string WithoutToken = "without-token";
    public const string WrongSecret = "wrong-secret";

    private int TokenRequests => portal!.Requests.Count(request => request.Path == "/oauth2/token");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The other steps need a token.
        if (await StepAsync("The portal issues a token", GetTokenAsync))
        {
            await StepAsync("Concurrent calls share one token", CallInParallelAsync);
            await StepAsync("The token is refreshed before any call has to wait for it", CallUntilRefreshedAsync);
            await StepAsync("The orders API rejects a call without a token", CallWithoutTokenAsync);
            await StepAsync("Each kind of failure has its own error type", ShowErrorsAsync);
            await StepAsync("The portal goes down, and calls continue with the current token", CallDuringOutageAsync);
        }

        reporter.WriteSummary();
        lifetime.StopApplication();

        Task<bool> StepAsync(string title, Func<CancellationToken, Task> run)
            => reporter.RunStepAsync(title, () => run(stoppingToken), stoppingToken);
    }

    private async Task GetTokenAsync(CancellationToken stopping)
    {
        // The handler does this for each call. This step does it explicitly, to inspect the token.
        var token = await tokens.GetTokenAsync(cancellationToken: stopping);
        reporter.WriteLine($"Lifetime: {token.Lifetime.TotalSeconds} s. Scope: {token.Scope ?? "as requested"}. "
            + "The token itself is a secret and is not printed.");
        reporter.Expect(token.Lifetime > TimeSpan.Zero, "a lifetime above 0 s", $"{token.Lifetime.TotalSeconds} s");
    }

    private async Task CallInParallelAsync(CancellationToken stopping)
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => orders.GetOrdersAsync(stopping)));
        var used = results.DistinctBy(result => result.TokenId).Count();
        reporter.WriteLine(
            $"{results.Length} concurrent calls returned {results[0].Orders.Count} orders each. Tokens used: {used}.");
        reporter.Expect(used == 1, "1 token", $"{used}");

        if (portal is not null)
        {
            reporter.WriteLine($"Token requests received by the portal so far: {TokenRequests}.");
            reporter.Expect(TokenRequests == 1, "1 token request", $"{TokenRequests}");
        }
    }

    private async Task CallUntilRefreshedAsync(CancellationToken stopping)
    {
        var current = await tokens.GetTokenAsync(cancellationToken: stopping);
        if (portal is null)
        {
            reporter.Skip(
                "waiting for the refresh",
                $"the tenant's tokens live {current.Lifetime.TotalSeconds} s and are refreshed after four fifths of that");
            return;
        }

        var delay = TimeSpan.FromMilliseconds(300);
        portal.FailNext(CiamPortalFault.Delay(delay));
        reporter.WriteLine(
            $"The portal now takes {delay.TotalMilliseconds} ms to issue a token. Calling the API until a new token is used ...");

        var requestsBefore = TokenRequests;
        var first = await orders.GetOrdersAsync(stopping);
        var last = first;
        var (calls, waits, slowest) = (0, 0, TimeSpan.Zero);
        var started = Stopwatch.GetTimestamp();
        while (last.TokenId == first.TokenId && Stopwatch.GetElapsedTime(started) < current.Lifetime)
        {
            await Task.Delay(20, stopping);

            // The next call gets its token in the same way. If this task has not completed, a call would have to wait.
            var pending = tokens.GetTokenAsync(cancellationToken: stopping);
            waits += pending.IsCompleted ? 0 : 1;
            await pending;

            var callStarted = Stopwatch.GetTimestamp();
            last = await orders.GetOrdersAsync(stopping);
            var took = Stopwatch.GetElapsedTime(callStarted);
            slowest = took > slowest ? took : slowest;
            calls++;
        }

        var requests = TokenRequests - requestsBefore;
        reporter.WriteLine($"{calls} calls in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s; the slowest took "
            + $"{slowest.TotalMilliseconds:0} ms. Calls that waited for a token: {waits}. Token requests: {requests}.");
        reporter.Expect(last.TokenId != first.TokenId, "a new token within the lifetime of the old one", "the old one");
        reporter.Expect(waits == 0, "no call to wait for a token", $"{waits} that waited");
        reporter.Expect(requests == 1, "1 token request", $"{requests}");
    }

    private async Task CallWithoutTokenAsync(CancellationToken stopping)
    {
        var outcome = "The call succeeded.";
        HttpStatusCode? status = HttpStatusCode.OK;
        try
        {
            await new OrdersClient(httpClients.CreateClient(WithoutToken)).GetOrdersAsync(stopping);
        }
        catch (HttpRequestException e)
        {
            (outcome, status) = (e.Message, e.StatusCode);
        }

        reporter.WriteLine(outcome);
        reporter.Expect(status == HttpStatusCode.Unauthorized, "the status Unauthorized", status?.ToString() ?? "no status");
    }

    // CiamTokenClient returns errors as values. A call through the handler throws them as the Error of a CiamTokenException.
    private async Task ShowErrorsAsync(CancellationToken stopping)
    {
        await ShowErrorAsync<CiamTokenError.InvalidClient>(
            "The secret is wrong", clientWithWrongSecret.RequestTokenAsync(cancellationToken: stopping));
        await ShowErrorAsync<CiamTokenError.InvalidScope>(
            "The scope is not permitted", tokenClient.RequestTokenAsync("orders.no-such-scope", stopping));

        if (portal is null)
        {
            reporter.Skip("UnauthorizedClient, OtherOAuthError, UnusableResponse and EndpointUnavailable",
                "a real portal does not fail on demand");
            return;
        }

        portal.Application.AllowsClientCredentials = false;
        await ShowErrorAsync<CiamTokenError.UnauthorizedClient>(
            "The application may not use this grant", tokenClient.RequestTokenAsync(cancellationToken: stopping));
        portal.Application.AllowsClientCredentials = true;

        portal.FailNext(CiamPortalFault.OAuthError("invalid_request", "OAuth 2.0 Parameter: grant_type"));
        await ShowErrorAsync<CiamTokenError.OtherOAuthError>(
            "The portal rejects the request for another reason", tokenClient.RequestTokenAsync(cancellationToken: stopping));

        portal.FailNext(CiamPortalFault.Respond(HttpStatusCode.OK, "<html><body>Please log in.</body></html>", "text/html"));
        await ShowErrorAsync<CiamTokenError.UnusableResponse>(
            "A web page is returned instead of a token", tokenClient.RequestTokenAsync(cancellationToken: stopping));

        portal.FailNext(CiamPortalFault.TemporarilyUnavailable(retryAfter: TimeSpan.FromSeconds(30)));
        await ShowErrorAsync<CiamTokenError.EndpointUnavailable>(
            "The portal is temporarily unavailable", tokenClient.RequestTokenAsync(cancellationToken: stopping));
    }

    private async Task ShowErrorAsync<TExpected>(string cause, Task<CiamTokenResult> request)
        where TExpected : CiamTokenError
    {
        var expected = typeof(TExpected).Name;
        if ((await request).TryGetToken(out _, out var error))
        {
            reporter.Expect(false, expected, "a token");
            return;
        }

        reporter.WriteLine($"{cause}: {error.GetType().Name}");
        reporter.WriteLine($"  {error.Message}");
        reporter.WriteLine($"  -> {GetAdvice(error)}");
        reporter.Expect(error is TExpected, expected, error.GetType().Name);
    }

    // What a program can do about each error.
    private static string GetAdvice(CiamTokenError error) => error switch
    {
        CiamTokenError.InvalidClient => "Alert the team that manages the secrets.",
        CiamTokenError.UnauthorizedClient => "Alert the team that manages the application.",
        CiamTokenError.InvalidScope { RequestedScope: var scope } => $"Request another scope, or have \"{scope}\" permitted.",
        CiamTokenError.EndpointUnavailable { RetryAfter: { } pause } => $"Retry in {pause.TotalSeconds} s.",
        CiamTokenError.EndpointUnavailable or CiamTokenError.OtherOAuthError { IsTransient: true } => "Retry later.",
        CiamTokenError.UnusableResponse or CiamTokenError.OtherOAuthError => $"Report the error code {error.Code}.",
        _ => throw new UnreachableException(),
    };

    private async Task CallDuringOutageAsync(CancellationToken stopping)
    {
        if (portal is null)
        {
            reporter.Skip("the outage", "a real portal does not go down on demand");
            return;
        }

        portal.Outage = CiamPortalFault.ConnectionFailure();
        var isDown = !(await tokenClient.RequestTokenAsync(cancellationToken: stopping)).TryGetToken(out _, out var error);
        var result = await orders.GetOrdersAsync(stopping);
        portal.Outage = null;

        reporter.WriteLine(
            $"Token request: {error?.Code ?? "succeeded"}. Call to the orders API: {result.Orders.Count} orders returned.");
        reporter.Expect(
            isDown && error is CiamTokenError.EndpointUnavailable,
            "the token request to fail",
            error?.Code ?? "a token");
    }
}
