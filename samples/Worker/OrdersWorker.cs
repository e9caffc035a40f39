using Polly;
using TencentCiam.TokenClient;

namespace Worker;

/// <summary>Requests the orders at a fixed interval, and continues after failures.</summary>
internal sealed class OrdersWorker(IServiceScopeFactory scopes, OrdersOptions options, ILogger<OrdersWorker> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Interval);
        do
        {
            await GetOrdersAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task GetOrdersAsync(CancellationToken stoppingToken)
    {
        // Create a typed client for each use: one that is kept does not notice DNS changes.
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            var list = await scope.ServiceProvider.GetRequiredService<OrdersClient>().GetOrdersAsync(stoppingToken);
            logger.GotOrders(list.Orders.Count);
        }
        catch (CiamTokenException e)
        {
            // The message says how to fix the problem.
            logger.TokenUnavailable(e.Error.Code, e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or ExecutionRejectedException)
        {
            // The resilience handler throws an ExecutionRejectedException when it times out or its circuit breaker is open.
            logger.GetOrdersFailed(e);
        }
    }
}
