using System.Diagnostics;
using System.Net;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.Testing;

namespace Quickstart;

/// <summary>The steps of the story, in their order. A portal that is not emulated cannot show all of them.</summary>
/// <remarks>
/// The clients are injected once, because this service is done in seconds. One that lives on takes a new
/// <see cref="OrdersClient"/> or <see cref="CiamTokenClient"/> for each piece of work; <see cref="ICiamTokenProvider"/> is a
/// singleton and may be kept.
/// </remarks>
internal sealed class Tour(
    Story story,
    OrdersClient orders,
    IHttpClientFactory httpClients,
    ICiamTokenProvider tokens,
    CiamTokenClient tokenClient,
    [FromKeyedServices(Tour.WrongSecret)] CiamTokenClient clientWithWrongSecret,
    IHostApplicationLifetime lifetime,
    CiamPortalEmulator? portal = null) : BackgroundService
{
    public const string WithoutToken = "without-token";
    public const string WrongSecret = "wrong-secret";

    private int TokenRequests => portal!.Requests.Count(request => request.Path == "/oauth2/token");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Without a token there is nothing to tell.
        if (await Step("The portal gives a token", GetToken))
        {
            await Step("Many calls are served from one token", CallMany);
            await Step("The token is renewed before anyone has to wait for it", CallUntilRenewed);
            await Step("The orders API refuses a call without a token", CallWithoutToken);
            await Step("Each way of not getting a token is an error of its own", MeetErrors);
            await Step("The portal goes down, and calls go on with the token at hand", CallDuringOutage);
        }

        story.End();
        lifetime.StopApplication();

        Task<bool> Step(string title, Func<CancellationToken, Task> tell)
            => story.StepAsync(title, () => tell(stoppingToken), stoppingToken);
    }

    private async Task GetToken(CancellationToken stopping)
    {
        // The handler does this for each call. Here it is done by hand, to look at the token.
        var token = await tokens.GetTokenAsync(cancellationToken: stopping);
        story.Say($"It lives {token.Lifetime.TotalSeconds} s, for the scopes: {token.Scope ?? "as requested"}. Its value is a "
            + "secret and is not shown.");
        story.Expect(token.Lifetime > TimeSpan.Zero, "a life of more than 0 s", $"{token.Lifetime.TotalSeconds} s");
    }

    private async Task CallMany(CancellationToken stopping)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => orders.GetOrdersAsync(stopping)));
        var used = answers.DistinctBy(answer => answer.TokenId).Count();
        story.Say($"{answers.Length} calls at once, each answered with {answers[0].Orders.Count} orders. Tokens used: {used}.");
        story.Expect(used == 1, "1 token used", $"{used}");

        if (portal is not null)
        {
            story.Say($"Token requests that the portal has seen so far: {TokenRequests}.");
            story.Expect(TokenRequests == 1, "1 token request", $"{TokenRequests}");
        }
    }

    private async Task CallUntilRenewed(CancellationToken stopping)
    {
        var current = await tokens.GetTokenAsync(cancellationToken: stopping);
        if (portal is null)
        {
            story.Skip("waiting for the renewal", $"the tenant's tokens live {current.Lifetime.TotalSeconds} s, and are renewed "
                + "after four fifths of that");
            return;
        }

        var portalNeeds = TimeSpan.FromMilliseconds(300);
        portal.FailNext(CiamPortalFault.Delay(portalNeeds));
        story.Say($"The portal now needs {portalNeeds.TotalMilliseconds} ms for a token. Calling until a new token serves ...");

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
        story.Say($"{calls} calls in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s, the slowest in "
            + $"{slowest.TotalMilliseconds:0} ms. Calls that waited for a token: {waits}. Token requests: {requests}.");
        story.Expect(last.TokenId != first.TokenId, "a new token within the life of the old one", "the old one still serves");
        story.Expect(waits == 0, "no call that waits for a token", $"{waits}");
        story.Expect(requests == 1, "1 token request", $"{requests}");
    }

    private async Task CallWithoutToken(CancellationToken stopping)
    {
        var happened = "it was answered";
        HttpStatusCode? status = HttpStatusCode.OK;
        try
        {
            await new OrdersClient(httpClients.CreateClient(WithoutToken)).GetOrdersAsync(stopping);
        }
        catch (HttpRequestException e)
        {
            (happened, status) = (e.Message, e.StatusCode);
        }

        story.Say(happened);
        story.Expect(status == HttpStatusCode.Unauthorized, "HTTP 401", happened);
    }

    // CiamTokenClient hands errors back as values. A call through the handler throws a CiamTokenException, whose Error they are.
    private async Task MeetErrors(CancellationToken stopping)
    {
        await Meet<CiamTokenError.InvalidClient>(
            "The secret is wrong", clientWithWrongSecret.RequestTokenAsync(cancellationToken: stopping));
        await Meet<CiamTokenError.InvalidScope>(
            "The scope is not permitted", tokenClient.RequestTokenAsync("orders.no-such-scope", stopping));

        if (portal is null)
        {
            story.Skip("UnauthorizedClient, OtherOAuthError, UnusableResponse and EndpointUnavailable",
                "a real portal does not fail on demand");
            return;
        }

        portal.Application.AllowsClientCredentials = false;
        await Meet<CiamTokenError.UnauthorizedClient>(
            "The application may not use this grant", tokenClient.RequestTokenAsync(cancellationToken: stopping));
        portal.Application.AllowsClientCredentials = true;

        portal.FailNext(CiamPortalFault.OAuthError("invalid_request", "OAuth 2.0 Parameter: grant_type"));
        await Meet<CiamTokenError.OtherOAuthError>(
            "The portal refuses for another reason", tokenClient.RequestTokenAsync(cancellationToken: stopping));

        portal.FailNext(CiamPortalFault.Respond(HttpStatusCode.OK, "<html><body>Please log in.</body></html>", "text/html"));
        await Meet<CiamTokenError.UnusableResponse>(
            "A web page answers in place of the portal", tokenClient.RequestTokenAsync(cancellationToken: stopping));

        portal.FailNext(CiamPortalFault.TemporarilyUnavailable(retryAfter: TimeSpan.FromSeconds(30)));
        await Meet<CiamTokenError.EndpointUnavailable>(
            "The portal is in trouble", tokenClient.RequestTokenAsync(cancellationToken: stopping));
    }

    private async Task Meet<TExpected>(string cause, Task<CiamTokenResult> request)
        where TExpected : CiamTokenError
    {
        var expected = typeof(TExpected).Name;
        if ((await request).TryGetToken(out _, out var error))
        {
            story.Expect(false, expected, "the portal gave a token");
            return;
        }

        story.Say($"{cause}: {error.GetType().Name}");
        story.Say($"  {error.Message}");
        story.Say($"  -> {Advise(error)}");
        story.Expect(error is TExpected, expected, error.GetType().Name);
    }

    // What a program may do about each kind.
    private static string Advise(CiamTokenError error) => error switch
    {
        CiamTokenError.InvalidClient => "Call for whoever keeps the secrets.",
        CiamTokenError.UnauthorizedClient => "Call for whoever set up the application.",
        CiamTokenError.InvalidScope { RequestedScope: var scope } => $"Do without \"{scope}\", or have it permitted.",
        CiamTokenError.EndpointUnavailable { RetryAfter: { } pause } => $"Try again in {pause.TotalSeconds} s.",
        CiamTokenError.EndpointUnavailable or CiamTokenError.OtherOAuthError { IsTransient: true } => "Try again later.",
        CiamTokenError.UnusableResponse or CiamTokenError.OtherOAuthError => $"Report a fault, with the code {error.Code}.",
        _ => throw new UnreachableException(),
    };

    private async Task CallDuringOutage(CancellationToken stopping)
    {
        if (portal is null)
        {
            story.Skip("the outage", "a real portal does not go down on demand");
            return;
        }

        portal.Outage = CiamPortalFault.ConnectionFailure();
        var isDown = !(await tokenClient.RequestTokenAsync(cancellationToken: stopping)).TryGetToken(out _, out var error);
        var answer = await orders.GetOrdersAsync(stopping);
        portal.Outage = null;

        story.Say($"The portal: {error?.Code ?? "gave a token"}. The orders API: answered with {answer.Orders.Count} orders.");
        story.Expect(
            isDown && error is CiamTokenError.EndpointUnavailable,
            "a portal that is down",
            error?.Code ?? "it gave a token");
    }
}
