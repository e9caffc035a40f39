// A console program that calls a gRPC service with tokens, using an old version of gRPC's client factory.
using System.Net;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.Testing;

using var portal = new CiamPortalEmulator();
var services = new ServiceCollection();
services.AddCiamClientCredentials(_ => { }).UseEmulator(portal);
services.AddGrpcClient<OrdersClient>(options => options.Address = new Uri("https://orders.example.com"))
    .AddCiamClientCredentialsHandler(options => options.AllowedOrigins.Add(new Uri("https://orders.example.com")))
    .ConfigurePrimaryHttpMessageHandler(() => new OrdersService(portal));
using var provider = services.BuildServiceProvider();

try
{
    await provider.GetRequiredService<OrdersClient>().GetOrderAsync("1001");
}
catch (RpcException e)
{
    Console.WriteLine(e.Status.Detail);
}

internal sealed class OrdersClient : ClientBase<OrdersClient>
{
    private static readonly Marshaller<string> Text = Marshallers.Create(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);
    private static readonly Method<string, string> GetOrder = new(MethodType.Unary, "Orders", "GetOrder", Text, Text);

    public OrdersClient(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    private OrdersClient(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    public AsyncUnaryCall<string> GetOrderAsync(string number)
        => CallInvoker.AsyncUnaryCall(GetOrder, null, new CallOptions(), number);

    protected override OrdersClient NewInstance(ClientBaseConfiguration configuration) => new(configuration);
}

/// <summary>Responds with a gRPC status that says whether the call had a valid token.</summary>
internal sealed class OrdersService(CiamPortalEmulator portal) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isActive = request.Headers.Authorization?.Parameter is { } token && portal.IsActive(token);
        var response = new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new ByteArrayContent([]) { Headers = { ContentType = new("application/grpc") } },
            Headers = { { "grpc-status", "12" }, { "grpc-message", $"a call with a valid token: {isActive}" } },
            RequestMessage = request,
            Version = HttpVersion.Version20,
        };
        return Task.FromResult(response);
    }
}
