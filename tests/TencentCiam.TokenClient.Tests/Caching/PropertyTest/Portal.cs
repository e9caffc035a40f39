using System.Collections.Concurrent;
using System.Globalization;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>Takes the portal's place: keeps every request open until a step responds to it, it times out or is cancelled.</summary>
internal sealed class Portal(TimerTrackingClock clock, Action onRequest) : TokenRequester(null!, null!, "", clock)
{
    private readonly object _gate = new();
    private readonly Dictionary<Request, TaskCompletionSource<CiamTokenResult>> _open = [];
    private int _tokens;

    public ConcurrentQueue<(Request Request, bool IsStart, CiamTokenResult? Result)> Events { get; } = new();

    public List<Grant> Grants { get; } = [];

    public bool HadConcurrentRequests { get; private set; }

    public List<Request> Open
    {
        get
        {
            lock (_gate)
            {
                return [.. _open.Keys];
            }
        }
    }

    public override Task<CiamTokenResult> RequestTokenOnOwnThreadAsync(
        CiamClientCredentialsOptions options, string scope, CancellationToken cancellationToken)
        => RequestTokenAsync(options, scope, cancellationToken);

    public override async Task<CiamTokenResult> RequestTokenAsync(
        CiamClientCredentialsOptions options, string scope, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var request = new Request(options, scope, clock.Now);
        var response = new TaskCompletionSource<CiamTokenResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var timeout = new CancellationTokenSource(options.RequestTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var ending = either.Token.Register(() => End(
            request,
            cancellationToken.IsCancellationRequested ? null : new CiamTokenResult.Failure(
                new CiamTokenError.EndpointUnavailable("timeout", "No response within RequestTimeout."))));
        Events.Enqueue((request, true, null));
        lock (_gate)
        {
            HadConcurrentRequests |= _open.Keys.Any(open => open.Scope == scope);
            _open.Add(request, response);
        }

        onRequest();
        return await response.Task;
    }

    public void Respond(Request request, Response response)
    {
        CiamTokenResult result;
        if (response.Kind == "token")
        {
            var token = new CiamAccessToken(
                string.Create(CultureInfo.InvariantCulture, $"token-{++_tokens}"),
                TimeSpan.FromSeconds(response.Seconds),
                clock.GetUtcNow().AddSeconds(response.Seconds));
            Grants.Add(new Grant(token, request));
            result = new CiamTokenResult.Success(token);
        }
        else
        {
            result = new CiamTokenResult.Failure(response.Kind == "permanent"
                ? new CiamTokenError.InvalidClient()
                : new CiamTokenError.EndpointUnavailable(
                    retryAfter: response.Seconds == 0 ? null : TimeSpan.FromSeconds(response.Seconds)));
        }

        End(request, result);
    }

    // The request is no longer open before the acquisition continues.
    private void End(Request request, CiamTokenResult? result)
    {
        TaskCompletionSource<CiamTokenResult>? response;
        lock (_gate)
        {
            if (!_open.Remove(request, out response))
            {
                return;
            }
        }

        Events.Enqueue((request, false, result));
        if (result is null)
        {
            response.TrySetCanceled();
        }
        else
        {
            response.TrySetResult(result);
        }
    }
}
