using System.Diagnostics;
using System.Net;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.Testing;

namespace Quickstart;

/// <summary>The steps of the quickstart, in their order. A portal that is not emulated cannot show all of them.</summary>
/// <remarks>
/// The clients are injected once, because this service is done in seconds. One that lives on takes a new
/// <see cref="OrdersClient"/> or <see cref="CiamTokenClient"/> for each piece of work; <see cref="ICiamTokenProvider"/> is a
/// singleton and may be kept.
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
        // Without a token there is nothing to run.
        if (await StepAsync("The portal gives a token", GetTokenAsync))
        {
            await StepAsync("Many calls are served from one token", CallInParallelAsync);
            await StepAsync("The token is renewed before anyone has to wait for it", CallUntilRefreshedAsync);
            await StepAsync("The orders API refuses a call without a token", CallWithoutTokenAsync);
            await StepAsync("Each way of not getting a token is an error of its own", ShowErrorsAsync);
            await StepAsync("The portal goes down, and calls go on with the token at hand", CallDuringOutageAsync);
        }

        reporter.WriteSummary();
        lifetime.StopApplication();

        Task<bool> StepAsync(string title, Func<CancellationToken, Task> run)
            => reporter.RunStepAsync(title, () => run(stoppingToken), stoppingToken);
    }

    private async Task GetTokenAsync(CancellationToken stopping)
    {
        // The handler does this for each call. Here it is done by hand, to look at the token.
        var token = await tokens.GetTokenAsync(cancellationToken: stopping);
        reporter.WriteLine($"It lives {token.Lifetime.TotalSeconds} s, for the scopes: {token.Scope ?? "as requested"}. Its value is a "
            + "secret and is not shown.");
        reporter.Expect(token.Lifetime > TimeSpan.Zero, "a life of more than 0 s", $"{token.Lifetime.TotalSeconds} s");
    }

    private async Task CallInParallelAsync(CancellationToken stopping)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => orders.GetOrdersAsync(stopping)));
        var used = answers.DistinctBy(answer => answer.TokenId).Count();
        reporter.WriteLine($"{answers.Length} calls at once, each answered with {answers[0].Orders.Count} orders. Tokens used: {used}.");
        reporter.Expect(used == 1, "1 token used", $"{used}");

        if (portal is not null)
        {
            reporter.WriteLine($"Token requests that the portal has seen so far: {TokenRequests}.");
            reporter.Expect(TokenRequests == 1, "1 token request", $"{TokenRequests}");
        }
    }

    private async Task CallUntilRefreshedAsync(CancellationToken stopping)
    {
        var current = await tokens.GetTokenAsync(cancellationToken: stopping);
        if (portal is null)
        {
            reporter.Skip("waiting for the renewal", $"the tenant's tokens live {current.Lifetime.TotalSeconds} s, and are renewed "
                + "after four fifths of that");
            return;
        }

        var delay = TimeSpan.FromMilliseconds(300);
        portal.FailNext(CiamPortalFault.Delay(delay));
        reporter.WriteLine($"The portal now needs {delay.TotalMilliseconds} ms for a token. Calling until a new token serves ...");

        var requestsBefore = TokenRequests;
        var first = await orders.GetOrdersAsync(stopping);
        var last = first;
        var (calls, waits, slowest) = (0, 0, TimeSpan.Zero);
        var started = Stopwatch.GetTimestamp();
        while (last.TokenId == first.TokenId && Stopwatch.GetElapsedTime(started) < current.Lifetime)
        {
            await Task.Delay(20, stopping);

            // The handler is about to ask the same. A token that is there comes at once; for another a call would have to wait.
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
        reporter.WriteLine($"{calls} calls in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s, the slowest in "
            + $"{slowest.TotalMilliseconds:0} ms. Calls that waited for a token: {waits}. Token requests: {requests}.");
        reporter.Expect(last.TokenId != first.TokenId, "a new token within the life of the old one", "the old one still serves");
        reporter.Expect(waits == 0, "no call that waits for a token", $"{waits}");
        reporter.Expect(requests == 1, "1 token request", $"{requests}");
    }

    private async Task CallWithoutTokenAsync(CancellationToken stopping)
    {
        var outcome = "it was answered";
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
        reporter.Expect(status == HttpStatusCode.Unauthorized, "HTTP 401", outcome);
    }

    // CiamTokenClient hands errors back as values. A call through the handler throws a CiamTokenException, whose Error they are.
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
            "The portal refuses for another reason", tokenClient.RequestTokenAsync(cancellationToken: stopping));

        portal.FailNext(CiamPortalFault.Respond(HttpStatusCode.OK, "<html><body>Please log in.</body></html>", "text/html"));
        await ShowErrorAsync<CiamTokenError.UnusableResponse>(
            "A web page answers in place of the portal", tokenClient.RequestTokenAsync(cancellationToken: stopping));

        portal.FailNext(CiamPortalFault.TemporarilyUnavailable(retryAfter: TimeSpan.FromSeconds(30)));
        await ShowErrorAsync<CiamTokenError.EndpointUnavailable>(
            "The portal is in trouble", tokenClient.RequestTokenAsync(cancellationToken: stopping));
    }

    private async Task ShowErrorAsync<TExpected>(string cause, Task<CiamTokenResult> request)
        where TExpected : CiamTokenError
    {
        var expected = typeof(TExpected).Name;
        if ((await request).TryGetToken(out _, out var error))
        {
            reporter.Expect(false, expected, "the portal gave a token");
            return;
        }

        reporter.WriteLine($"{cause}: {error.GetType().Name}");
        reporter.WriteLine($"  {error.Message}");
        reporter.WriteLine($"  -> {GetAdvice(error)}");
        reporter.Expect(error is TExpected, expected, error.GetType().Name);
    }

    // What a program may do about each kind.
    private static string GetAdvice(CiamTokenError error) => error switch
    {
        CiamTokenError.InvalidClient => "Call for whoever keeps the secrets.",
        CiamTokenError.UnauthorizedClient => "Call for whoever set up the application.",
        CiamTokenError.InvalidScope { RequestedScope: var scope } => $"Do without \"{scope}\", or have it permitted.",
        CiamTokenError.EndpointUnavailable { RetryAfter: { } pause } => $"Try again in {pause.TotalSeconds} s.",
        CiamTokenError.EndpointUnavailable or CiamTokenError.OtherOAuthError { IsTransient: true } => "Try again later.",
        CiamTokenError.UnusableResponse or CiamTokenError.OtherOAuthError => $"Report a fault, with the code {error.Code}.",
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
        var answer = await orders.GetOrdersAsync(stopping);
        portal.Outage = null;

        reporter.WriteLine($"The portal: {error?.Code ?? "gave a token"}. The orders API: answered with {answer.Orders.Count} orders.");
        reporter.Expect(
            isDown && error is CiamTokenError.EndpointUnavailable,
            "a portal that is down",
            error?.Code ?? "it gave a token");
    }
}
