using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Telemetry;
using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.TokenSlotModel;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>One sequence of steps, played to the provider and the models. After each step everything has come to rest.</summary>
internal sealed class Run : IDisposable
{
    public const string Read = "orders.read";
    public const string Write = "orders.write";

    private static readonly Metrics NobodysMetrics =
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    // Only a fault runs into it: a caller or a acquisition that nothing will ever wake.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Plan _plan;
    private readonly Action<string> _met;
    private readonly AlarmClock _clock;
    private readonly Portal _portal;
    private readonly ChangingOptions _options;
    private readonly CiamTokenProvider _provider;
    private readonly Dictionary<string, TokenSlotModel> _slots;
    private readonly List<CiamClientCredentialsOptions> _history = [];
    private readonly List<Caller> _waiting = [];

    private bool _isDisposed;

    // Completed, and replaced, whenever something has come to rest.
    private TaskCompletionSource _rest = NewRest();

    private Run(Plan plan, Action<string> met)
    {
        _plan = plan;
        _met = met;
        _clock = new AlarmClock(Rest);
        _portal = new Portal(_clock, Rest);
        _options = new ChangingOptions(new CiamClientCredentialsOptions
        {
            Authority = new Uri("https://sample.portal.tencentciam.com"),
            ClientId = "client-1",
            ClientSecret = "secret-1",
            Scope = Read,
            RequestTimeout = TimeSpan.FromSeconds(plan.RequestTimeout),
        });
        _provider = new CiamTokenProvider("", _options, _portal.RequestTokenAsync, _clock, NullLogger.Instance, NobodysMetrics, () => plan.Draw);
        _slots = new[] { Read, Write }.ToDictionary(
            scope => scope, _ => new TokenSlotModel(plan.Draw, _options.CurrentValue.AcquisitionTimeout, met));
        Tell(_options.CurrentValue);
    }

    public static async Task PlayAsync(Plan plan, Action<string> met)
    {
        using var run = new Run(plan, met);
        await run.PlayAsync();
    }

    public void Dispose()
    {
        _isDisposed = true;
        _provider.Dispose();
    }

    private async Task PlayAsync()
    {
        foreach (var step in _plan.Steps)
        {
            await (step switch
            {
                Ask ask => AskAsync(ask.Scope, ask.Callers),
                AskCancelled ask => AskAsync(ask.Scope, callers: 1, isCancelled: true),
                Answer answer => AnswerAsync(answer.Request, answer.Reply),
                AnswerAndAsk answer => AnswerAndAskAsync(answer.Request, answer.Callers),
                AnswerAndCancel answer => AnswerAsync(answer.Request, answer.Reply, answer.Caller),
                Cancel cancel => DoAsync(() => CallerToCancel(cancel.Caller)?.Cancel()),
                Advance advance => AdvanceAsync(TimeSpan.FromSeconds(advance.Seconds)),
                AdvanceTo to => AdvanceAsync(TimeTo(to.Phase, to.Scope)),
                StepWallClock wall => DoAsync(() => _clock.StepWallClock(TimeSpan.FromSeconds(wall.Seconds))),
                Invalidate invalidate => DoAsync(() => Refuse(invalidate.TokensAgo)),
                Reload reload => DoAsync(() => Change(reload.What)),
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
        await AskAsync(Read, callers: 2);
        await AskAsync(Write, callers: 2);
    }

    private async Task DoAsync(Action action)
    {
        action();
        await SettleAsync();
    }

    private async Task AskAsync(string? scope, int callers, bool isCancelled = false)
    {
        var slot = _slots[scope ?? _options.CurrentValue.Scope!];
        var expected = slot.Expect(_clock.Now, isCancelled);
        var asking = Enumerable.Range(0, callers).Select(_ => new Caller(scope, slot, since: _history.Count - 1)).ToList();
        if (isCancelled)
        {
            asking.ForEach(caller => caller.Cancel());
        }

        if (asking is [var only])
        {
            only.Call(_provider);
        }
        else
        {
            await Task.WhenAll(asking.Select(caller => Task.Run(() => caller.Call(_provider))));
        }

        foreach (var caller in asking)
        {
            if (caller.Outcome.IsCompleted)
            {
                CheckAtOnce(caller, expected);
            }
            else
            {
                Require(!isCancelled, "a caller that is cancelled already does not wait");
                Require(expected.Waits != false, "nobody waits while there is a token to be served or a failure remembered");
                slot.Join();
                caller.PatienceEnds = slot.PatienceEnds(_clock.Now);
                _waiting.Add(caller);
            }
        }

        await SettleAsync();
    }

    private async Task AnswerAsync(int which, Reply reply, int? callerToCancel = null)
    {
        if (_portal.Open is not { Count: > 0 } open)
        {
            return;
        }

        var cancelling = callerToCancel is { } caller && CallerToCancel(caller) is { } leaving
            ? Task.Run(leaving.Cancel)
            : Task.CompletedTask;
        _portal.Answer(open[which % open.Count], reply);
        await cancelling;
        await SettleAsync();
    }

    private async Task AnswerAndAskAsync(int which, int callers)
    {
        if (_portal.Open is not { Count: > 0 } open)
        {
            return;
        }

        // Only if it is what all of them must get: it will be fresh, and there is no other.
        var request = open[which % open.Count];
        var slot = _slots[request.Scope];
        if (request.Options.ClientId == _options.CurrentValue.ClientId
            && _clock.Now.Since(request.SentAt) < TimeSpan.FromSeconds(60)
            && !(slot.Held?.PhaseAt(_clock.Now, _plan.Draw) < Phase.Margin))
        {
            var asking = Enumerable.Range(0, callers)
                .Select(_ => new Caller(request.Scope, slot, since: _history.Count - 1)).ToList();
            var calling = asking.Select(caller => Task.Run(() => caller.Call(_provider))).ToList();
            _portal.Answer(request, new Reply("token", 600));
            await Task.WhenAll(calling);
            _waiting.AddRange(asking);
            await SettleAsync();
        }
    }

    private Caller? CallerToCancel(int which) => _waiting.Count == 0 ? null : _waiting[which % _waiting.Count];

    /// <summary>From one timer to the next, for what a timer sets off begins at its time and not at the end of the step.</summary>
    private async Task AdvanceAsync(TimeSpan time)
    {
        var end = _clock.Now.Steady + time;
        while (_clock.Now.Steady < end)
        {
            var next = _clock.NextAlarm is { } alarm && alarm < end ? alarm : end;
            _clock.Advance(next - _clock.Now.Steady);
            await SettleAsync();
        }
    }

    private TimeSpan TimeTo(Phase phase, string scope)
        => _slots[scope].Held is { } held && held.StartOf(phase, _plan.Draw) - _clock.Now.Since(held.SentAt) is var left
            && left > TimeSpan.Zero
                ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds))
                : TimeSpan.Zero;

    private void Refuse(int tokensAgo)
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

    private void Change(string what)
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
        Tell(options);
        _options.Change(options);

        static string Toggle(string? now, string one, string two) => now == one ? two : one;
    }

    private void Tell(CiamClientCredentialsOptions options)
    {
        _history.Add(options);
        foreach (var slot in _slots.Values)
        {
            slot.Change(options);
        }
    }

    private static TaskCompletionSource NewRest() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Rest() => Interlocked.Exchange(ref _rest, NewRest()).TrySetResult();

    /// <summary>
    /// A acquisition rests at the portal or on the timer of a pause; otherwise it moves, or has landed. What rests is woken by
    /// the steps alone, so nothing moves any more once as many rest as are under way. After disposal none may rest.
    /// </summary>
    private async Task SettleAsync()
    {
        Dictionary<string, Task> underWay;
        while (true)
        {
            var rest = Volatile.Read(ref _rest).Task;
            underWay = _provider.Completions.Where(acquisition => !acquisition.Value.IsCompleted).ToDictionary();
            if (underWay.Count <= (_isDisposed ? 0 : _portal.Open.Count + _clock.Pauses))
            {
                break;
            }

            await EndAsync("a acquisition asks, pauses or lands", [rest, .. underWay.Values]);
        }

        Require(!_portal.WasAskedTwice, "never two requests in acquisition for one slot");
        while (_portal.Events.TryDequeue(out var happened))
        {
            var slot = _slots[happened.Request.Scope];
            if (happened.IsStart)
            {
                slot.Start(happened.Request);
            }
            else
            {
                slot.End(happened.Request, happened.Result, _clock.Now);
            }
        }

        foreach (var (scope, slot) in _slots)
        {
            slot.Settle(underWay.ContainsKey(scope), _clock.Now);
        }

        foreach (var caller in _waiting.ToList())
        {
            await CheckAsync(caller);
        }
    }

    private static async Task EndAsync(string invariant, params Task[] any)
    {
        try
        {
            await Task.WhenAny(any).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException("Broken: " + invariant);
        }
    }

    private async Task CheckAsync(Caller caller)
    {
        if (!caller.IsCancelled && caller.Slot.UnderWay is not null)
        {
            if (caller.PatienceEnds <= _clock.Now.Steady)
            {
                caller.PatienceEnds = null;
                if (caller.Slot.LivingAt(_clock.Now) is { } living)
                {
                    _met("last resort while the portal hangs");
                    await EndAsync("a portal that hangs does not outlast a token that lives", caller.Outcome);
                    _waiting.Remove(caller);
                    Require(caller.Outcome.IsCompletedSuccessfully && caller.Outcome.Result == living, "the old token serves while it lives");
                    return;
                }
            }

            Require(!caller.Outcome.IsCompleted, "nobody who waits ends before the acquisition, unless by cancelling or for lack of time");
            return;
        }

        Require(caller.IsCancelled || caller.Slot.Landed is not null, "nobody waits while nothing is under way");
        await EndAsync("everyone who waits is told how it ended", caller.Outcome);
        _waiting.Remove(caller);

        var landed = caller.Slot.Landed;
        if (caller.Outcome.IsCanceled)
        {
            CheckCancelled(caller);
        }
        else if (caller.Outcome.IsCompletedSuccessfully)
        {
            Require(
                landed?.Token == caller.Outcome.Result,
                "those who wait get the token that their acquisition landed with, else the old one while it lives");
            CheckToken(caller, isAwaited: landed!.IsNew);
        }
        else if (caller.Error is { } error)
        {
            Require(
                landed is { Token: null, Failure: { } failure } && failure.Is(error),
                "those who wait get the error that was really met, when no token lives");
        }
        else
        {
            Require(
                landed is { Token: null, Failure: null } && caller.IsToldOfDisposal,
                "nothing but tokens, errors, cancellation and disposal");
        }
    }

    private void CheckAtOnce(Caller caller, Expectation expected)
    {
        if (caller.Outcome.IsCanceled)
        {
            CheckCancelled(caller);
        }
        else if (caller.Outcome.IsCompletedSuccessfully)
        {
            Require(
                expected.MayServe && caller.Outcome.Result == caller.Slot.Held?.Token,
                "served at once: the current token, and not in its margin unless there is no other");
            CheckToken(caller, isAwaited: false);
        }
        else if (caller.Error is { } error)
        {
            Require(
                expected.MayRefuse && caller.Slot.IsRemembered(error),
                "refused at once: with the error that was really met, while it is remembered and no token lives");
        }
        else
        {
            Require(
                caller.Slot.IsDisposed && expected.MayRefuse && caller.IsToldOfDisposal,
                "nothing but tokens, errors, cancellation, and disposal where no token lives");
        }

        Require(
            expected.Waits != true || caller.Outcome.IsCanceled,
            "nobody is refused or served at once who needs a new token");
    }

    private static void CheckCancelled(Caller caller)
        => Require(caller.IsCancelled, "nobody is cancelled but by themselves");

    private void CheckToken(Caller caller, bool isAwaited)
    {
        var grant = _portal.Grants.SingleOrDefault(grant => grant.Token == caller.Outcome.Result);
        Require(grant is not null, "a token comes from the portal");
        Require(
            isAwaited || grant!.PhaseAt(_clock.Now, _plan.Draw) < Phase.Dead,
            "nobody is given a dead token who did not wait for it");
        var inForce = _history.Skip(caller.Since).ToList();
        Require(
            inForce.Any(options => options.ClientId == grant!.Request.Options.ClientId),
            "a token is of the application in force when it was asked for, or of a later one");
        Require((caller.Scope ?? inForce[0].Scope) == grant!.Request.Scope, "a token is for the scope that was asked for");
    }
}
