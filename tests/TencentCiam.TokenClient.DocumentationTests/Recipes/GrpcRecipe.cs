using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class GrpcRecipe : IDisposable
{
    private readonly CiamPortalEmulator _portal = new();

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task A_gRPC_call_carries_a_token()
        => Assert.Equal("tea", await WriteOrderAsync());

    [Fact]
    public async Task The_inner_exception_of_a_gRPC_exception_says_why_there_is_no_token()
    {
        _portal.Application.IsEnabled = false;

        Assert.StartsWith("No token: ", await WriteOrderAsync(), StringComparison.Ordinal);
    }

    private async Task<string> WriteOrderAsync()
    {
        await using var api = await StartApiAsync();
        var builder = Host.CreateEmptyApplicationBuilder(null);

        // <snippet>
        builder.Services.AddGrpcClient<Orders.OrdersClient>(options => options.Address = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler(options => options.AllowedOrigins.Add(new Uri("https://orders.example.com")));
        // </snippet>

        builder.Services.AddCiamClientCredentials().UseEmulator(_portal);
        builder.Services.AddGrpcClient<Orders.OrdersClient>().ConfigurePrimaryHttpMessageHandler(api.GetTestServer().CreateHandler);
        using var host = builder.Build();
        var orders = host.Services.GetRequiredService<Orders.OrdersClient>();
        var Console = new StringWriter();

        // <snippet>
        try
        {
            var order = await orders.GetOrderAsync(new GetOrderRequest { Number = 1001 });
            Console.WriteLine(order.Item);
        }
        catch (RpcException e) when (e.InnerException is CiamTokenException { Error: var error })
        {
            Console.WriteLine($"No token: {error.Message}");
        }
        // </snippet>

        return Console.ToString().TrimEnd();
    }

    private async Task<WebApplication> StartApiAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        builder.Services.AddGrpc();
        var api = builder.Build();
        api.RequireTokensOf(_portal);
        api.MapGrpcService<OrdersService>();
        await api.StartAsync(TestContext.Current.CancellationToken);
        return api;
    }

    private sealed class OrdersService : Orders.OrdersBase
    {
        public override Task<Order> GetOrder(GetOrderRequest request, ServerCallContext context)
            => Task.FromResult(new Order { Number = request.Number, Item = "tea" });
    }
}
