using System.Diagnostics;
using System.Globalization;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;
using TencentCiam.TokenClient.Benchmarks.Sockets;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>
/// Concurrent synchronous callers that block the threads of the pool while there is no token. Each run is in a new process,
/// because the pool keeps the threads that an earlier run made it add.
/// </summary>
internal static class SynchronousCallers
{
    /// <summary>The argument that starts a child process.</summary>
    public const string ChildArgument = "synchronous-callers-child";

    public static Task<IReadOnlyList<Figure>> InMemoryAsync(Effort effort) => RunAsync(effort, server: null);

    // The server is in this process, so that the callers cannot take its threads.
    public static async Task<IReadOnlyList<Figure>> OverSocketsAsync(Effort effort)
    {
        await using var server = await TokenServer.StartAsync(Latency(effort));
        return await RunAsync(effort, server.Address);
    }

    /// <summary>Runs in the child process, and writes the milliseconds that all calls took and the number of token requests.</summary>
    /// <param name="arguments">The index of the peer, the number of callers, the milliseconds of latency, and the server if any.</param>
    public static void RunAsChild(string[] arguments)
    {
        var setup = PeerCatalogue.Synchronous[int.Parse(arguments[0], CultureInfo.InvariantCulture)];
        var callers = int.Parse(arguments[1], CultureInfo.InvariantCulture);

        // Compiles what the measured calls need.
        using (var other = setup.Create(new InMemoryEnvironment(TimeSpan.FromHours(1))))
        {
            other.Call();
        }

        if (arguments.Length == 4)
        {
            using var server = new TokenServerHandler(new Uri(arguments[3]));
            OpenConnection(server);
            var opened = server.Requests;
            var took = Measure(setup, callers, new InMemoryEnvironment(TimeSpan.FromHours(1)) { TokenHandler = server });
            Write(took, server.Requests - opened);
        }
        else
        {
            var environment = new InMemoryEnvironment(TimeSpan.FromHours(1));
            environment.Endpoint.Delay = TimeSpan.FromMilliseconds(int.Parse(arguments[2], CultureInfo.InvariantCulture));
            var took = Measure(setup, callers, environment);
            Write(took, environment.Endpoint.Requests);
        }
    }

    private static TimeSpan Latency(Effort effort) => TimeSpan.FromMilliseconds(effort == Effort.Full ? 200 : 10);

    private static async Task<IReadOnlyList<Figure>> RunAsync(Effort effort, Uri? server)
    {
        var (runs, counts) = effort == Effort.Full ? (5, new[] { 100, 400 }) : (1, [2]);
        var latency = Latency(effort).TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        var figures = new List<Figure>();
        for (var peer = 0; peer < PeerCatalogue.Synchronous.Count; peer++)
        {
            foreach (var count in counts)
            {
                string[] arguments = [ChildArgument, $"{peer}", $"{count}", latency];
                var results = new List<double[]>();
                for (var run = 0; run < runs; run++)
                {
                    results.Add(await ChildProcess.RunAsync(server is null ? arguments : [.. arguments, server.AbsoluteUri]));
                }

                var name = PeerCatalogue.Synchronous[peer].ToString();
                figures.Add(new(name, $"time, {count} callers", results.Select(result => result[0]).Order().ElementAt(runs / 2) / 1000, "s"));
                figures.Add(new(name, $"token requests, {count} callers", results.Max(result => result[1])));
            }
        }

        return figures;
    }

    private static TimeSpan Measure(PeerSetup setup, int callers, InMemoryEnvironment environment)
    {
        using var peer = setup.Create(environment);
        var from = Stopwatch.GetTimestamp();
        var calls = Enumerable.Range(0, callers).Select(_ => Task.Run(peer.Call)).ToArray();
        Task.WaitAll(calls);
        return Stopwatch.GetElapsedTime(from);
    }

    private static void OpenConnection(TokenServerHandler server)
    {
        using var client = new HttpClient(server, disposeHandler: false);
        using var request = new HttpRequestMessage(HttpMethod.Post, InMemoryEnvironment.TokenAddress) { Content = Application.NewForm() };
        using var response = client.Send(request);
        response.EnsureSuccessStatusCode();
    }

    private static void Write(TimeSpan took, int requests)
        => Console.Write(string.Create(CultureInfo.InvariantCulture, $"{took.TotalMilliseconds} {requests}"));
}
