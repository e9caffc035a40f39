using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Telemetry;
using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Invariant;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>Runs the steps of one plan against the provider and the models. After each step everything settles.</summary>
internal sealed class Run : IDisposable
{
    public const string Read = "orders.read";
    public const string Write = "orders.write";

    private static readonly Metrics UnobservedMetrics =
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    private readonly Plan _plan;
    private readonly TimerTrackingClock _clock;
    private readonly Portal _portal;
    private readonly ChangeableOptions _options;
    private readonly RegisteredTokenProvider _provider;
    private readonly Dictionary<string, TokenSlotModel> _slots;
    private readonly List<CiamClientCredentialsOptions> _history = [];
    private readonly CallerChecks _callers;

    private bool _isDisposed;

    // Completed and replaced whenever an acquisition begins to wait for the portal or a timer.
    private TaskCompletionSource _wait = NewWait();

    private Run(Plan plan, Action<string> met)
    {
        _plan = plan;
        _clock = new TimerTrackingClock(SignalWait);
        _portal = new Portal(_clock, SignalWait);
        _options = new ChangeableOptions(new CiamClientCredentialsOptions
        {
            Authority = new Uri("https://sample.portal.tencentciam.com"),
            ClientId = "client-1",
            ClientSecret = "secret-1",
            Scope = Read,
            RequestTimeout = TimeSpan.FromSeconds(plan.RequestTimeout),
        });
        // With a clock that stands still: no slot is dropped, as the model expects.
        _provider = new RegisteredTokenProvider(
            "", _options, _portal, _clock, NullLogger.Instance, UnobservedMetrics, new SlotEviction(new TestClock()), () => plan.Draw);
        _slots = new[] { Read, Write }.ToDictionary(
            scope => scope, _ => new TokenSlotModel(plan.Draw, _options.CurrentValue.AcquisitionTimeout, met));
        _callers = new CallerChecks(_clock, _portal, _history, plan.Draw, met);
        ChangeModels(_options.CurrentValue);
    }

    public static async Task ExecuteAsync(Plan plan, Action<string> met)
    {
        using var run = new Run(plan, met);
        await run.ExecuteAsync();
    }

    public void Dispose()
    {
        _isDisposed = true;
        _provider.Dispose();
    }

    private async Task ExecuteAsync()
    {
        foreach (var step in _plan.Steps)
        {
            await (step switch
            {
                Step.Acquire acquire => AcquireAsync(acquire.Scope, acquire.Callers),
                Step.AcquireSynchronously acquire => AcquireSynchronouslyAsync(acquire.Scope, acquire.Callers),
                Step.AcquireCancelled acquire => AcquireAsync(acquire.Scope, callers: 1, isCancelled: true),
                Step.Respond respond => RespondAsync(respond.Request, respond.Response),
                Step.RespondAndAcquire respond => RespondAndAcquireAsync(respond.Request, respond.Callers),
                Step.RespondAndCancel respond => RespondAsync(respond.Request, respond.Response, respond.Caller),
                Step.Cancel cancel => DoAsync(() => _callers.CallerToCancel(cancel.Caller)?.Cancel()),
                Step.Advance advance => AdvanceAsync(TimeSpan.FromSeconds(advance.Seconds)),
                Step.AdvanceTo to => AdvanceAsync(TimeTo(to.Phase, to.Scope)),
                Step.StepWallClock wall => DoAsync(() => _clock.StepWallClock(TimeSpan.FromSeconds(wall.Seconds))),
                Step.Invalidate invalidate => DoAsync(() => Invalidate(invalidate.TokensAgo)),
                Step.ChangeOptions change => DoAsync(() => ChangeOptions(change.What)),
                _ => throw new NotSupportedException(),
            });
        }

        await DoAsync(() =>
        {
            Dispose();
            foreach (var slot in _slots.Values)
            {
                slot.Dispose();
            }
        });
        await AcquireAsync(Read, callers: 2);
        await AcquireAsync(Write, callers: 2);
    }

    private async Task DoAsync(Action action)
    {
        action();
        await SettleAsync();
    }

    private async Task AcquireAsync(string? scope, int callers, bool isCancelled = false)
    {
        var slot = _slots[scope ?? _options.CurrentValue.Scope!];
        var expected = slot.Expect(_clock.Now, isCancelled);
        var calling = NewCallers(scope, slot, callers);
        if (isCancelled)
        {
            calling.ForEach(caller => caller.Cancel());
        }

        if (calling is [var only])
        {
            only.Call(_provider);
        }
        else
        {
            await Task.WhenAll(calling.Select(caller => Task.Run(() => caller.Call(_provider))));
        }

        calling.ForEach(caller => _callers.CheckCall(caller, expected));
        await SettleAsync();
    }

    private async Task AcquireSynchronouslyAsync(string? scope, int callers)
    {
        var slot = _slots[scope ?? _options.CurrentValue.Scope!];
        var expected = slot.Expect(_clock.Now, isCancelled: false);
        var calling = NewCallers(scope, slot, callers);
        foreach (var caller in calling)
        {
            await caller.CallSynchronouslyAsync(_provider, mayWait: expected.Waits != false);
        }

        calling.ForEach(caller => _callers.CheckCall(caller, expected));
        await SettleAsync();
    }

    private async Task RespondAsync(int which, Response response, int? callerToCancel = null)
    {
        if (_portal.Open is not { Count: > 0 } open)
        {
            return;
        }

        var cancelling = callerToCancel is { } caller && _callers.CallerToCancel(caller) is { } cancelled
            ? Task.Run(cancelled.Cancel)
            : Task.CompletedTask;
        _portal.Respond(open[which % open.Count], response);
        await cancelling;
        await SettleAsync();
    }

    private async Task RespondAndAcquireAsync(int which, int callers)
    {
        if (_portal.Open is not { Count: > 0 } open)
        {
            return;
        }

        // Only if all callers must get this token: it will be fresh, and there is no other.
        var request = open[which % open.Count];
        var slot = _slots[request.Scope];
        if (request.Options.ClientId == _options.CurrentValue.ClientId
            && _clock.Now.Since(request.SentAt) < TimeSpan.FromSeconds(60)
            && !(slot.PhaseAt(_clock.Now) < Phase.Margin))
        {
            var calling = NewCallers(request.Scope, slot, callers);
            var calls = calling.Select(caller => Task.Run(() => caller.Call(_provider))).ToList();
            _portal.Respond(request, new Response("token", 600));
            await Task.WhenAll(calls);
            _callers.AddWaiting(calling);
            await SettleAsync();
        }
    }

    private List<Caller> NewCallers(string? scope, TokenSlotModel slot, int count)
        => [.. Enumerable.Range(0, count).Select(_ => new Caller(scope, slot, optionsVersion: _history.Count - 1))];

    /// <summary>Advances from timer to timer: what a timer causes happens at its time and not at the end of the step.</summary>
    private async Task AdvanceAsync(TimeSpan time)
    {
        var end = _clock.Now.Monotonic + time;
        while (_clock.Now.Monotonic < end)
        {
            var next = _clock.NextTimer is { } timer && timer < end ? timer : end;
            _clock.Advance(next - _clock.Now.Monotonic);
            await SettleAsync();
        }
    }

    private TimeSpan TimeTo(Phase phase, string scope)
        => _slots[scope].Held is { } held && held.StartOf(phase, _plan.Draw) - _clock.Now.Since(held.SentAt) is var left
            && left > TimeSpan.Zero
                ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds))
                : TimeSpan.Zero;

    private void Invalidate(int tokensAgo)
    {
        if (_portal.Grants.Count > tokensAgo)
        {
            var token = _portal.Grants[^(tokensAgo + 1)].Token;
            foreach (var slot in _slots.Values)
            {
                slot.Invalidate(token, _clock.Now);
            }

            _provider.Invalidate(token);
        }
    }

    private void ChangeOptions(string what)
    {
        var old = _options.CurrentValue;
        var options = new CiamClientCredentialsOptions
        {
            Authority = old.Authority,
            ClientId = what == "client" ? Toggle(old.ClientId, "client-1", "client-2") : old.ClientId,
            ClientSecret = what == "secret" ? Toggle(old.ClientSecret, "secret-1", "secret-2") : old.ClientSecret,
            Scope = what == "scope" ? Toggle(old.Scope, Read, Write) : old.Scope,
            RequestTimeout = old.RequestTimeout,
        };
        ChangeModels(options);
        _options.Change(options);

        static string Toggle(string? now, string one, string two) => now == one ? two : one;
    }

    private void ChangeModels(CiamClientCredentialsOptions options)
    {
        _history.Add(options);
        foreach (var slot in _slots.Values)
        {
            slot.Change(options);
        }
    }

    private static TaskCompletionSource NewWait() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void SignalWait() => Interlocked.Exchange(ref _wait, NewWait()).TrySetResult();

    /// <summary>
    /// An acquisition waits for the portal or for the timer of a pause; otherwise it is executing or has completed. Only steps
    /// end these waits, so everything has settled once as many wait as are running. After disposal none may wait.
    /// </summary>
    private async Task SettleAsync()
    {
        Dictionary<string, Task> running;
        while (true)
        {
            var wait = Volatile.Read(ref _wait).Task;
            running = _provider.LatestAcquisitions
                .Where(slot => slot.Value is { Completion.IsCompleted: false })
                .ToDictionary(slot => slot.Key, Task (slot) => slot.Value!.Completion);
            if (running.Count <= (_isDisposed ? 0 : _portal.Open.Count + _clock.Pauses))
            {
                break;
            }

            await RequireEndAsync("an acquisition sends a request, pauses or completes", [wait, .. running.Values]);
        }

        Require(!_portal.HadConcurrentRequests, "a slot never has two requests at the portal");
        while (_portal.Events.TryDequeue(out var @event))
        {
            var slot = _slots[@event.Request.Scope];
            if (@event.IsStart)
            {
                slot.Start(@event.Request);
            }
            else
            {
                slot.End(@event.Request, @event.Result, _clock.Now);
            }
        }

        foreach (var (scope, slot) in _slots)
        {
            slot.Settle(running.ContainsKey(scope), _clock.Now);
        }

        await _callers.CheckWaitingAsync();
    }
}
