using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>
/// What attaching a cached token adds to a call whose client and scope are chosen per request among the tenants of a store, above
/// a constant header. Each run is in a new process, because a program that never uses UseCiamClient does not read the options of
/// its requests.
/// </summary>
internal static class Choice
{
    /// <summary>The argument that starts a child process.</summary>
    public const string ChildArgument = "choice-child";

    private const int Calls = 100_000;

    private static readonly HttpRequestOptionsKey<string> AnyKey = new("Any.Client");
    private static readonly HttpRequestOptionsKey<string> AnyOtherKey = new("Any.Scope");

    public static async Task<IReadOnlyList<Figure>> RunAsync(Effort effort)
    {
        var figures = new List<Figure>();
        foreach (var (index, way) in ((string[])["SelectClient", "UseCiamClient"]).Index())
        {
            var allocated = 0d;
            foreach (var tenants in effort == Effort.Full ? (int[])[1, 1_000, 100_000] : [1, 10])
            {
                var numbers = await ChildProcess.RunAsync(ChildArgument, $"{index}", $"{tenants}", effort == Effort.Full ? "20" : "3");
                figures.Add(New(string.Create(CultureInfo.InvariantCulture, $"added, {way}, {tenants:N0} tenant{(tenants == 1 ? "" : "s")}"), numbers[0], "ns"));
                allocated = Math.Max(allocated, numbers[1]);
            }

            figures.Add(New($"added allocation, {way}", allocated, "B"));
        }

        return figures;
    }

    /// <summary>Runs in the child process, and writes the nanoseconds and bytes that are added to a call.</summary>
    /// <param name="arguments">0 for SelectClient or 1 for UseCiamClient, the number of tenants, and that of the rounds.</param>
    public static async Task RunAsChildAsync(string[] arguments)
    {
        var isChosenByRequest = arguments[0] == "1";
        var tenants = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        var rounds = int.Parse(arguments[2], CultureInfo.InvariantCulture);

        // As in a server, the names in requests are not the strings that the library has kept.
        var (known, names) = (TenantStore.Names(tenants), TenantStore.Names(tenants));
        var next = -1;
        var environment = new InMemoryEnvironment(TimeSpan.FromHours(12));
        var services = TenantStore.Services(environment);
        services.AddHttpClient("calls")
            .AddCiamClientCredentialsHandler(options =>
            {
                options.AllowedOrigins.Add(InMemoryEnvironment.ResourceAddress);
                options.SelectClient = isChosenByRequest ? null : _ => names[next];
                options.SelectScope = isChosenByRequest ? null : _ => "orders.read";
            });
        services.AddHttpClient("baseline").AddHttpMessageHandler(() => new ConstantHeaderHandler());
        services.ConfigureHttpClientDefaults(
            http => http.RemoveAllLoggers().ConfigurePrimaryHttpMessageHandler(() => environment.Resource));
        using var provider = services.BuildServiceProvider();
        var providers = provider.GetRequiredService<ICiamTokenProviderFactory>();
        foreach (var name in known)
        {
            await providers.GetProvider(name).GetTokenAsync("orders.read");
        }

        var handlers = provider.GetRequiredService<IHttpMessageHandlerFactory>();
        using var calls = new HttpMessageInvoker(handlers.CreateHandler("calls"));
        using var baseline = new HttpMessageInvoker(handlers.CreateHandler("baseline"));
        var (fastest, fewest) = Minimum(() => Send(calls, isOurs: true));
        var (fastestBaseline, fewestBaseline) = Minimum(() => Send(baseline, isOurs: false));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{fastest - fastestBaseline} {fewest - fewestBaseline}"));

        Task Send(HttpMessageInvoker invoker, bool isOurs)
        {
            next = next + 1 == names.Length ? 0 : next + 1;
            var request = new HttpRequestMessage(HttpMethod.Get, InMemoryEnvironment.ResourceAddress);
            if (isChosenByRequest && isOurs)
            {
                request.UseCiamClient(names[next]).UseCiamScope("orders.read");
            }
            else if (isChosenByRequest)
            {
                // Whoever tells a handler something about a request sets an option.
                request.Options.Set(AnyKey, names[next]);
                request.Options.Set(AnyOtherKey, "orders.read");
            }

            return invoker.SendAsync(request, CancellationToken.None);
        }

        // Other load on the machine can only slow a round down, so the fastest counts.
        (double Nanoseconds, double Bytes) Minimum(Func<Task> send)
        {
            var minimum = (Nanoseconds: double.MaxValue, Bytes: double.MaxValue);
            for (var round = 0; round < rounds; round++)
            {
                var (from, before) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
                for (var i = 0; i < Calls; i++)
                {
                    if (!send().IsCompletedSuccessfully)
                    {
                        throw new InvalidOperationException("A call had to wait, although its token was cached.");
                    }
                }

                minimum = (
                    Math.Min(minimum.Nanoseconds, Stopwatch.GetElapsedTime(from).TotalNanoseconds / Calls),
                    Math.Min(minimum.Bytes, Math.Round((double)(GC.GetAllocatedBytesForCurrentThread() - before) / Calls)));
            }

            return minimum;
        }
    }

    private static Figure New(string name, double value, string unit) => new(PeerCatalogue.Ours.ToString(), name, value, unit);
}
