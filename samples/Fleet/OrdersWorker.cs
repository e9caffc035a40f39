namespace Fleet;

/// <summary>Requests the orders four times per second, and writes each call that fails to the output.</summary>
internal sealed class OrdersWorker(IServiceScopeFactory scopes) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        do
        {
            // Create a typed client for each use: one that is kept does not notice DNS changes.
            await using var scope = scopes.CreateAsyncScope();
            try
            {
                await scope.ServiceProvider.GetRequiredService<OrdersClient>().GetOrdersAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The message of the library's exceptions contains no secret.
                Console.WriteLine($"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
