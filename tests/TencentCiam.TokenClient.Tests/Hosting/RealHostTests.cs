using System.Net;
using CiamPortal;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.Hosting;

/// <summary>A real ASP.NET Core host, with its health endpoint, and a portal over real loopback sockets and on the real clock.</summary>
public sealed class RealHostTests
{
    [Theory]
    [InlineData("Warm")]
    [InlineData("Required")]
    public async Task A_host_that_starts_while_the_portal_is_down_becomes_healthy_when_it_returns_without_a_call(string mode)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var emulator = new CiamPortalEmulator(signingKey: CiamHost.SigningKey);
        using var invoker = new HttpMessageInvoker(emulator.CreateHandler());
        var address = await FindFreeAddressAsync();
        var acquired = new AcquiredSignal();
        await using var app = CreateApp(mode, address, emulator.Application, acquired);
        await app.StartAsync(cancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var health = new Uri("health", UriKind.Relative);

        using var during = await client.GetAsync(health, cancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, during.StatusCode);

        await using var portal = CreateServer(address, invoker, emulator);
        await portal.StartAsync(cancellationToken);
        await acquired.Task.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);
        using var after = await client.GetAsync(health, cancellationToken);

        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.Single(emulator.Requests);
    }

    // Nothing listens on it after the server has ended, until the test starts the portal there.
    private static async Task<string> FindFreeAddressAsync()
    {
        await using var app = CreateEmpty("http://127.0.0.1:0").Build();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app.Urls.Single();
    }

    private static WebApplication CreateServer(string address, HttpMessageInvoker invoker, CiamPortalEmulator emulator)
    {
        var app = CreateEmpty(address).Build();
        app.Run(context => HandlerEndpoint.AnswerAsync(context, invoker, emulator.Authority));
        return app;
    }

    private static WebApplication CreateApp(string mode, string portal, CiamPortalApplication application, ILoggerProvider logs)
    {
        var builder = CreateEmpty("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Ciam:Authority"] = portal,
            ["Ciam:ClientId"] = application.ClientId,
            ["Ciam:ClientSecret"] = application.ClientSecret,
            ["Ciam:StartupMode"] = mode,
        });
        builder.Logging.AddProvider(logs).SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddRoutingCore();
        builder.Services.AddCiamClientCredentials();
        builder.Services.AddHealthChecks().AddCiamClientCredentials();
        var app = builder.Build();
        app.UseHealthChecks("/health");
        return app;
    }

    private static WebApplicationBuilder CreateEmpty(string address)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseUrls(address);
        return builder;
    }

    /// <summary>Completed when a token was acquired, as the log says.</summary>
    private sealed class AcquiredSignal : ILoggerProvider, ILogger
    {
        private readonly TaskCompletionSource _acquired = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Task => _acquired.Task;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == "TokenAcquired")
            {
                _acquired.TrySetResult();
            }
        }

        public void Dispose()
        {
        }
    }
}
