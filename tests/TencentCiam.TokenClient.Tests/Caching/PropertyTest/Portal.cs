using System.Collections.Concurrent;
using System.Globalization;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>Stands for CiamTokenClient: holds every request until it is answered, times out or is cancelled.</summary>
internal sealed class Portal(AlarmClock clock, Action rest)
{
    private readonly object _gate = new();
    private readonly Dictionary<Request, TaskCompletionSource<CiamTokenResult>> _open = [];
    private int _tokens;

    public ConcurrentQueue<(Request Request, bool IsStart, CiamTokenResult? Result)> Events { get; } = new();

    public List<Grant> Grants { get; } = [];

    public bool WasAskedTwice { get; private set; }

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

    public async Task<CiamTokenResult> RequestTokenAsync(
        CiamClientCredentialsOptions options, string? scope, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var request = new Request(options, scope!, clock.Now);
        var answer = new TaskCompletionSource<CiamTokenResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var timeout = new CancellationTokenSource(options.RequestTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var ending = either.Token.Register(() => End(
            request,
            cancellationToken.IsCancellationRequested ? null : new CiamTokenResult.Failure(
                new CiamTokenError.EndpointUnavailable("timeout", "No answer within RequestTimeout."))));
        Events.Enqueue((request, true, null));
        lock (_gate)
        {
            WasAskedTwice |= _open.Keys.Any(open => open.Scope == scope);
            _open.Add(request, answer);
        }

        rest();
        return await answer.Task;
    }

    public void Answer(Request request, Reply reply)
    {
        CiamTokenResult result;
        if (reply.Kind == "token")
        {
            var token = new CiamAccessToken(
                string.Create(CultureInfo.InvariantCulture, $"token-{++_tokens}"),
                TimeSpan.FromSeconds(reply.Seconds),
                clock.GetUtcNow().AddSeconds(reply.Seconds));
            Grants.Add(new Grant(token, request));
            result = new CiamTokenResult.Success(token);
        }
        else
        {
            result = new CiamTokenResult.Failure(reply.Kind == "permanent"
                ? new CiamTokenError.InvalidClient()
                : new CiamTokenError.EndpointUnavailable(
                    retryAfter: reply.Seconds == 0 ? null : TimeSpan.FromSeconds(reply.Seconds)));
        }

        End(request, result);
    }

    // It leaves the open ones before the acquisition moves on.
    private void End(Request request, CiamTokenResult? result)
    {
        TaskCompletionSource<CiamTokenResult>? answer;
        lock (_gate)
        {
            if (!_open.Remove(request, out answer))
            {
                return;
            }
        }

        Events.Enqueue((request, false, result));
        if (result is null)
        {
            answer.TrySetCanceled();
        }
        else
        {
            answer.TrySetResult(result);
        }
    }
}
