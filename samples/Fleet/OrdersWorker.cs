namespace Fleet;

/// <summary>Requests the orders about three times per second, and writes each failure to the output.</summary>
internal sealed class OrdersWorker(IServiceScopeFactory scopes) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ParentConnection.WaitToBeginAsync();
        while (true)
        {
            // Create a typed client for each use: one that is kept does not notice DNS changes.
            await using var scope = scopes.CreateAsyncScope();
            try
            {
                await scope.ServiceProvider.GetRequiredService<OrdersClient>().GetOrdersAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The messages of the library's exceptions contain no secret.
                Console.WriteLine($"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
            }

            // Random, so that the instances do not call in step.
            await Task.Delay(Random.Shared.Next(200, 500), stoppingToken);
        }
    }
}
