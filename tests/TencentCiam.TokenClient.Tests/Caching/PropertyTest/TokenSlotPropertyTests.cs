using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Telemetry;
using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.TokenSlotModel;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>
/// Callers, cancellations, time, the portal's answers and changes of the options, in any order that chance finds, against
/// <see cref="TokenSlotModel"/>. A failure prints the shortest sequence found and its seed. To run it again:
/// <c>CsCheck_Seed</c>; to look for a shorter one or for more: <c>CsCheck_Iter</c>.
/// </summary>
public sealed class TokenSlotPropertyTests(ITestOutputHelper output)
{
    private const int EnoughSequences = 5_000;
    private const string Read = "orders.read";
    private const string Write = "orders.write";

    // Fewer where the test is one of many that look for the same fault, as under mutation testing.
    private static readonly int Sequences =
        int.TryParse(Environment.GetEnvironmentVariable("CIAM_SEQUENCES"), out var fewer) ? fewer : EnoughSequences;

    private static readonly Metrics NobodysMetrics =
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    private static readonly Gen<Reply> AnyReply = Replies(tokens: 8, failures: 3);

    // Every kind of step, so that each may follow each.
    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (27, Asks(null, null, Read, Write)),
        (3, Gen.OneOf(null, Write).Select(scope => (Step)new AskCancelled(scope))),
        (25, Answers(AnyReply)),
        (3, Gen.Select(Gen.Int[0, 1], Gen.Int[1, 4], (which, callers) => (Step)new AnswerAndAsk(which, callers))),
        (5, Gen.Select(
            Gen.Int[0, 1],
            AnyReply,
            Gen.Int[0, 3],
            (which, reply, caller) => (Step)new AnswerAndCancel(which, reply, caller))),
        (5, Gen.Int[0, 5].Select(caller => (Step)new Cancel(caller))),
        (8, Gen.Int[1, 2500].Select(ms => (Step)new Advance(ms / 1000.0))),
        (5, Gen.Int[1, 70].Select(seconds => (Step)new Advance(seconds))),
        (1, Gen.Int[70, 4000].Select(seconds => (Step)new Advance(seconds))),
        (12, Gen.Select(
            Gen.OneOf(Read, Write),
            Gen.OneOf(Phase.Window, Phase.Margin, Phase.Dead),
            (scope, phase) => (Step)new AdvanceTo(scope, phase))),
        (4, Gen.OneOf(-3600, -20, -1, 1, 20, 300, 3600).Select(seconds => (Step)new StepWallClock(seconds))),
        (5, Gen.Int[0, 3].Select(age => (Step)new Invalidate(age))),
        (5, Gen.OneOf("nothing", "secret", "scope", "client").Select(what => (Step)new Reload(what))));

    // A token that ends while the portal is down, which chance alone would hardly ever keep up for long enough.
    private static readonly Gen<Step> StepOfAnOutage = Gen.Frequency(
        (40, Asks(null, null, null, Write)),
        (40, Answers(Replies(tokens: 1, failures: 12))),
        (20, Gen.Int[100, 20_000].Select(ms => (Step)new Advance(ms / 1000.0))),
        (1, Gen.Const<Step>(new AdvanceTo(Read, Phase.Margin))),
        (1, Gen.OneOf("nothing", "secret").Select(what => (Step)new Reload(what))));

    private static readonly Gen<Plan> Plans = Gen.Select(
        Gen.OneOf(0, 0.25, 0.5, 0.9, 0.999, 0.999999999),
        Gen.OneOf(10, 45),
        Gen.OneOf(
            AnyStep.Array[1, 80],
            StepOfAnOutage.Array[1, 80].Select<Step[], Step[]>(steps =>
                [new Ask(null, 1), new Answer(0, new Reply("token", 600)), new AdvanceTo(Read, Phase.Window), .. steps])),
        (draw, requestTimeout, steps) => new Plan(draw, requestTimeout, steps));

    [Fact]
    public async Task Any_sequence_of_events_behaves_as_the_model_allows()
    {
        var met = new ConcurrentDictionary<string, int>();
        var steps = 0;

        await Plans.SampleAsync(
            async plan =>
            {
                Interlocked.Add(ref steps, plan.Steps.Length);
                try
                {
                    await Run.PlayAsync(plan, what => met.AddOrUpdate(what, 1, (_, times) => times + 1));
                }
                catch (Exception e) when (e is not TimeoutException)
                {
                    throw new InvalidOperationException($"{e.Message}; in short:\n{await ShortenAsync(plan)}", e);
                }
            },
            output.WriteLine,
            iter: Math.Max(Check.Iter, Sequences),
            print: plan => plan.ToString());

        output.WriteLine($"{steps} steps, in which callers and acquisitions met:");
        foreach (var (what, times) in met.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{times,7} {what}");
        }

        // Had it not met them all, it would have proved less than it says.
        Assert.True(Sequences < EnoughSequences || met.Count == 20, $"Only {met.Count} of 20 situations were met.");
    }

    /// <summary>What CsCheck finds to be short still has steps that change nothing.</summary>
    private static async Task<Plan> ShortenAsync(Plan plan)
    {
        for (var i = plan.Steps.Length - 1; i >= 0; i--)
        {
            var shorter = plan with { Steps = [.. plan.Steps[..i], .. plan.Steps[(i + 1)..]] };
            try
            {
                await Run.PlayAsync(shorter, _ => { });
            }
#pragma warning disable CA1031 // Whatever it is, it is a failure.
            catch (Exception)
#pragma warning restore CA1031
            {
                (plan, i) = (shorter, shorter.Steps.Length);
            }
        }

        return plan;
    }

    // A scope of null is the client's own, which is one of the two that are asked for by name.
    private static Gen<Step> Asks(params string?[] scopes)
        => Gen.Select(Gen.OneOf(scopes), Gen.Int[1, 4], (scope, callers) => (Step)new Ask(scope, callers));

    private static Gen<Step> Answers(Gen<Reply> replies)
        => Gen.Select(Gen.Int[0, 1], replies, (which, reply) => (Step)new Answer(which, reply));

    private static Gen<Reply> Replies(int tokens, int failures)
        => Gen.Frequency(
            (tokens, Gen.OneOf(299, 600, 10, 2, 1, 0).Select(life => new Reply("token", life))),
            (failures, Gen.Frequency(
                (3, Gen.Const(new Reply("transient", 0))),
                (2, Gen.OneOf(1, 3, 20, 31, 120, 5400).Select(retryAfter => new Reply("transient", retryAfter))),
                (2, Gen.Const(new Reply("permanent", 0))))));

    internal sealed record Plan(double Draw, int RequestTimeout, Step[] Steps)
    {
        public override string ToString()
            => string.Join("\n  ", Steps.Select(step => step.ToString()).Prepend($"draw {Draw}, RequestTimeout {RequestTimeout} s"));
    }

    internal abstract record Step;

    internal sealed record Ask(string? Scope, int Callers) : Step;

    internal sealed record AskCancelled(string? Scope) : Step;

    internal sealed record Answer(int Request, Reply Reply) : Step;

    /// <summary>With a token of 600 s, while callers come who may find that it has landed or not.</summary>
    internal sealed record AnswerAndAsk(int Request, int Callers) : Step;

    internal sealed record AnswerAndCancel(int Request, Reply Reply, int Caller) : Step;

    internal sealed record Cancel(int Caller) : Step;

    internal sealed record Advance(double Seconds) : Step;

    internal sealed record AdvanceTo(string Scope, Phase Phase) : Step;

    internal sealed record StepWallClock(int Seconds) : Step;

    internal sealed record Invalidate(int TokensAgo) : Step;

    internal sealed record Reload(string What) : Step;

    /// <summary>A token with its life, or an error with Retry-After unless that is 0.</summary>
    internal sealed record Reply(string Kind, int Seconds);

    /// <summary>One sequence of steps, played to the provider and the models. After each step everything has come to rest.</summary>
    private sealed class Run : IDisposable
    {
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

    private sealed class Caller(string? scope, TokenSlotModel slot, int since)
    {
        private CancellationTokenSource Cancellation { get; } = new();

        public string? Scope => scope;

        public TokenSlotModel Slot => slot;

        /// <summary>Which options were in force.</summary>
        public int Since => since;

        public bool IsCancelled => Cancellation.IsCancellationRequested;

        public TimeSpan? PatienceEnds { get; set; }

        public Task<CiamAccessToken> Outcome { get; private set; } = null!;

        public CiamTokenError? Error => (Outcome.Exception?.InnerException as CiamTokenException)?.Error;

        public bool IsToldOfDisposal => Outcome.Exception?.InnerException is ObjectDisposedException;

        public void Cancel() => Cancellation.Cancel();

        public void Call(CiamTokenProvider provider)
        {
            try
            {
                Outcome = provider.GetTokenAsync(scope, Cancellation.Token).AsTask();
            }
            catch (ObjectDisposedException e)
            {
                Outcome = Task.FromException<CiamAccessToken>(e);
            }
        }
    }

    /// <summary>Stands for CiamTokenClient: holds every request until it is answered, times out or is cancelled.</summary>
    private sealed class Portal(AlarmClock clock, Action rest)
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

    /// <summary>Knows which timers are set, and which of them are pauses of a acquisition.</summary>
    private sealed class AlarmClock(Action rest) : TestClock
    {
        private readonly HashSet<Alarm> _alarms = [];

        public Instant Now => new(TimeSpan.FromTicks(GetTimestamp()), TimeSpan.FromTicks(GetUtcNow().UtcTicks));

        public int Pauses => Alarms.Count(alarm => alarm.IsPause);

        public TimeSpan? NextAlarm => Alarms.Select(alarm => (TimeSpan?)alarm.DueAt).Min();

        private List<Alarm> Alarms
        {
            get
            {
                lock (_alarms)
                {
                    return [.. _alarms];
                }
            }
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            // Of Task.Delay, as acquisitions pause. The others are those of CancellationTokenSources, for RequestTimeout and
            // AcquisitionTimeout, and of WaitAsync (a Task of something), for the patience of callers.
            var alarm = new Alarm(_alarms, Now.Steady + dueTime, isPause: state is Task { } delay && !delay.GetType().IsGenericType);
            alarm.Timer = base.CreateTimer(
                _ =>
                {
                    alarm.Forget();
                    callback(state);
                },
                null,
                dueTime,
                period);
            lock (_alarms)
            {
                _alarms.Add(alarm);
            }

            rest();
            return alarm;
        }

        private sealed class Alarm(HashSet<Alarm> alarms, TimeSpan dueAt, bool isPause) : ITimer
        {
            public TimeSpan DueAt => dueAt;

            public bool IsPause => isPause;

            public ITimer Timer { get; set; } = null!;

            public void Forget()
            {
                lock (alarms)
                {
                    alarms.Remove(this);
                }
            }

            public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

            public void Dispose()
            {
                Forget();
                Timer.Dispose();
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }

    private sealed class ChangingOptions(CiamClientCredentialsOptions options) : IOptionsMonitor<CiamClientCredentialsOptions>
    {
        private Action<CiamClientCredentialsOptions, string?>? _listener;

        public CiamClientCredentialsOptions CurrentValue { get; private set; } = options;

        public CiamClientCredentialsOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<CiamClientCredentialsOptions, string?> listener)
        {
            _listener = listener;
            return null;
        }

        public void Change(CiamClientCredentialsOptions changed)
        {
            CurrentValue = changed;
            _listener!(changed, "");
        }
    }
}
