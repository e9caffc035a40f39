using System.Collections.Concurrent;
using System.Net;
using System.Text;
using CsCheck;

namespace TencentCiam.TokenClient.Tests.ClientStore;

/// <summary>
/// Random sequences of requests for several clients and scopes, of changes in the store, of time and of slow responses: no
/// request ever carries a token of another client or scope than the one that it asked for. A failure prints the shortest
/// sequence found and its seed.
/// </summary>
public sealed class IsolationPropertyTests(ITestOutputHelper output)
{
    private const int DefaultSequences = 1_000;

    private static readonly int Sequences = int.TryParse(Environment.GetEnvironmentVariable("CIAM_SEQUENCES"), out var sequences)
        ? Math.Min(sequences, DefaultSequences)
        : DefaultSequences;

    private static readonly string[] Clients = ["first", "second", "registered"];
    private static readonly string?[] Scopes = [null, "read", "write"];

    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (40, Gen.Select(
            Gen.OneOf(Clients), Gen.OneOf(Scopes), Gen.Bool, (client, scope, rejected) => new Step("send", client, scope, rejected ? 1 : 0))),
        (25, Gen.Int[0, 3].Select(which => new Step("respond", "", null, which))),
        (3, Gen.Int[0, 3].Select(which => new Step("fail", "", null, which))),
        (15, Gen.Int[0, 3].Select(which => new Step("find", "", null, which))),
        (3, Gen.Int[0, 3].Select(which => new Step("throw", "", null, which))),
        (5, Gen.OneOf("first", "second").Select(client => new Step("change", client, null, 0))),
        (3, Gen.OneOf("first", "second").Select(client => new Step("remove", client, null, 0))),
        (10, Gen.Int[1, 90].Select(seconds => new Step("advance", "", null, seconds))),
        (4, Gen.Int[300, 8000].Select(seconds => new Step("advance", "", null, seconds))));

    [Fact]
    public async Task No_request_carries_a_token_of_another_client_or_scope()
    {
        var (sent, forgotten) = (0, 0);
        await AnyStep.Array[1, 80].SampleAsync(
            async steps =>
            {
                using var run = new Run();
                foreach (var step in steps)
                {
                    await run.DoAsync(step);
                }

                await run.EndAsync();
                Interlocked.Add(ref sent, run.Sent);
                Interlocked.Add(ref forgotten, run.Forgotten);
            },
            iter: Sequences,
            print: steps => string.Join("\n  ", steps.Select(step => step.ToString())));

        // Otherwise the sequences would test little.
        output.WriteLine($"{sent} requests sent with a token, clients forgotten {forgotten} times");
        Assert.True(sent > Sequences * 3);
        Assert.True(forgotten > Sequences / 10);
    }

    private sealed record Step(string Kind, string Client, string? Scope, int Number);

    private sealed class Run : IDisposable
    {
        private readonly ConcurrentDictionary<string, int> _versions = new() { ["first"] = 1, ["second"] = 1 };
        private readonly List<Pending> _requests = [];
        private readonly List<(string Client, TaskCompletionSource<CiamClientCredentialsOptions?> Found)> _lookups = [];
        private readonly List<Task> _calls = [];
        private readonly ConcurrentDictionary<string, ConcurrentDictionary<CancellationToken, bool>> _lookingUp = new();
        private readonly StoreHost _host;
        private volatile bool _hasConcurrentLookups;
        private bool _isEnding;
        private int _tokens;
        private int _sent;
        private int _inUse;

        public Run()
        {
            _host = new StoreHost(services: services =>
            {
                services.AddSingleton<ICiamClientStore>(new Store(this));
                services.AddHttpClient("TencentCiam.TokenClient.Store").ConfigurePrimaryHttpMessageHandler(() => new Portal(this));
                services.AddCiamClientCredentials("registered", options =>
                {
                    options.Authority = new Uri("https://ciam.test");
                    options.ClientId = "registered-1";
                    options.ClientSecret = "secret";
                    options.AcquisitionTimeout = TimeSpan.FromHours(1);
                    options.RequestTimeout = TimeSpan.FromHours(1);
                }).ConfigurePrimaryHttpMessageHandler(() => new Portal(this));
                services.AddHttpClient("api", client => client.BaseAddress = new Uri("https://api.test"))
                    .AddCiamClientCredentialsHandler("registered")
                    .ConfigurePrimaryHttpMessageHandler(() => new Api(this));
            });
        }

        public int Sent => _sent;

        public int Forgotten { get; private set; }

        public async Task DoAsync(Step step)
        {
            switch (step.Kind)
            {
                case "send":
                    _calls.Add(Task.Run(() => SendAsync(step.Client, step.Scope, rejected: step.Number == 1)));
                    break;
                case "respond" or "fail":
                    Take(_requests, step.Number)?.Respond(
                        step.Kind == "fail" ? null : $"{Interlocked.Increment(ref _tokens)}", lifetime: 299);
                    break;
                case "find" or "throw":
                    var (client, found) = Take(_lookups, step.Number);
                    Finish(client, found, fails: step.Kind == "throw");
                    break;
                case "change":
                    _versions.AddOrUpdate(step.Client, 1, (_, version) => version + 1);
                    break;
                case "remove":
                    _versions.TryUpdate(step.Client, 0, _versions[step.Client]);
                    break;
                default:
                    for (var left = step.Number; left > 0; left -= 30)
                    {
                        _host.Clock.AdvanceSeconds(Math.Min(30, left));
                    }

                    break;
            }

            // Lets what the step has caused run, wholly or in part.
            for (var i = 0; i < 10; i++)
            {
                await Task.Yield();
            }

            var inUse = _host.ClientsInUse;
            Forgotten += inUse < _inUse ? 1 : 0;
            _inUse = inUse;
        }

        /// <summary>Every call ends, once the store and the portal respond.</summary>
        public async Task EndAsync()
        {
            Volatile.Write(ref _isEnding, true);
            var all = Task.WhenAll(_calls);
            while (!all.IsCompleted)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                while (Take(_requests, 0) is { } request)
                {
                    request.Respond($"{Interlocked.Increment(ref _tokens)}", lifetime: 299);
                }

                while (Take(_lookups, 0) is { Found: { } found } lookup)
                {
                    Finish(lookup.Client, found, fails: false);
                }

                await Task.WhenAny(all, Task.Run(Thread.Yield, CancellationToken.None));
            }

            await all;
            Assert.False(_hasConcurrentLookups, "the store was asked twice at once for the same name");
        }

        public void Dispose() => _host.Dispose();

        private static T? Take<T>(List<T> list, int which)
        {
            lock (list)
            {
                if (list.Count == 0)
                {
                    return default;
                }

                var taken = list[which % list.Count];
                list.Remove(taken);
                return taken;
            }
        }

        private void Finish(string client, TaskCompletionSource<CiamClientCredentialsOptions?>? found, bool fails)
        {
            if (fails)
            {
                found?.TrySetException(new InvalidOperationException());
            }
            else
            {
                found?.TrySetResult(_versions[client] is var version and > 0
                    ? new()
                    {
                        Authority = new Uri("https://ciam.test"),
                        ClientId = $"{client}-{version}",
                        ClientSecret = "secret",
                        AcquisitionTimeout = TimeSpan.FromHours(1),
                        RequestTimeout = TimeSpan.FromHours(1),
                    }
                    : null);
            }
        }

        private async Task SendAsync(string client, string? scope, bool rejected)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{client}/{scope ?? "own"}/{(rejected ? "rejected" : "ok")}");
            request.UseCiamClient(client);
            if (scope is not null)
            {
                request.UseCiamScope(scope);
            }

            try
            {
                using var response = await _host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api")
                    .SendAsync(request, TestContext.Current.CancellationToken);
            }
            catch (CiamTokenException)
            {
            }
        }

        private sealed class Store(Run run) : ICiamClientStore
        {
            public async ValueTask<CiamClientCredentialsOptions?> FindAsync(string name, CancellationToken cancellationToken)
            {
                // A lookup that was given up may still be starting or ending. In this order: this one may be given up now.
                var others = run._lookingUp.GetOrAdd(name, _ => new());
                run._hasConcurrentLookups |=
                    others.Keys.Any(other => !other.IsCancellationRequested) && !cancellationToken.IsCancellationRequested;
                others[cancellationToken] = true;
                try
                {
                    var found = new TaskCompletionSource<CiamClientCredentialsOptions?>(
                        TaskCreationOptions.RunContinuationsAsynchronously);
                    lock (run._lookups)
                    {
                        run._lookups.Add((name, found));
                    }

                    return await found.Task.WaitAsync(cancellationToken);
                }
                finally
                {
                    others.TryRemove(cancellationToken, out _);
                }
            }
        }

        private sealed record Pending(string ClientId, string Scope, TaskCompletionSource<HttpResponseMessage> Response)
        {
            public void Respond(string? number, int lifetime)
                => Response.TrySetResult(number is null
                    ? new HttpResponseMessage(HttpStatusCode.BadRequest)
                    {
                        Content = new StringContent("""{"error":"unauthorized_client"}"""),
                    }
                    : new HttpResponseMessage(HttpStatusCode.OK)
                    {
                        Content = new StringContent(
                            $$"""{"access_token":"{{ClientId}}.{{Scope}}.{{number}}","token_type":"Bearer","expires_in":{{lifetime}}}""",
                            Encoding.UTF8,
                            "application/json"),
                    });
        }

        private sealed class Portal(Run run) : HttpMessageHandler
        {
            protected override async Task<HttpResponseMessage> SendAsync(
                HttpRequestMessage request,
                CancellationToken cancellationToken)
            {
                var form = (await request.Content!.ReadAsStringAsync(cancellationToken)).Split('&')
                    .Select(field => field.Split('=')).ToDictionary(field => field[0], field => field[1]);
                var pending = new Pending(
                    form["client_id"],
                    form.GetValueOrDefault("scope", "own"),
                    new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously));
                lock (run._requests)
                {
                    run._requests.Add(pending);
                }

                return await pending.Response.Task.WaitAsync(cancellationToken);
            }
        }

        private sealed class Api(Run run) : HttpMessageHandler
        {
            protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                var expected = request.RequestUri!.AbsolutePath.Trim('/').Split('/');
                var token = request.Headers.Authorization!.Parameter!.Split('.');
                Assert.StartsWith(expected[0] + "-", token[0], StringComparison.Ordinal);
                Assert.Equal(expected[1], token[1]);
                Interlocked.Increment(ref run._sent);
                var isRejected = expected[2] == "rejected" && !Volatile.Read(ref run._isEnding);
                return Task.FromResult(new HttpResponseMessage(isRejected ? HttpStatusCode.Unauthorized : HttpStatusCode.OK));
            }
        }
    }
}
