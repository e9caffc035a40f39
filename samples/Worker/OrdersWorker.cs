using Polly;
using TencentCiam.TokenClient;

namespace Worker;

/// <summary>Looks at the orders again and again, whatever happens meanwhile.</summary>
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
        // A typed client is for one piece of work: one that is held for good never sees a change of DNS.
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            var list = await scope.ServiceProvider.GetRequiredService<OrdersClient>().GetOrdersAsync(stoppingToken);
            logger.GotOrders(list.Orders.Count);
        }
        catch (CiamTokenException e)
        {
            // The message says what to do about it.
            logger.TokenUnavailable(e.Error.Code, e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or ExecutionRejectedException)
        {
            // The second is what a resilience handler throws that is out of patience.
            logger.GetOrdersFailed(e);
        }
    }
}
