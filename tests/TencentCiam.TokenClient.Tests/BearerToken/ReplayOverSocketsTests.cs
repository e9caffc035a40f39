using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>What a real connection does with a body that may have to be sent again.</summary>
public sealed class ReplayOverSocketsTests
{
    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task A_sequence_that_can_be_read_only_once_arrives_again(HttpProtocols protocols)
    {
        var bodies = new ConcurrentQueue<string>();
        await using var server = await StartAsync(protocols, async context =>
        {
            bodies.Enqueue(await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted));
            context.Response.StatusCode = bodies.Count == 1 ? StatusCodes.Status401Unauthorized : StatusCodes.Status200OK;
        });
        using var host = Host(server, protocols);
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(30);
        var channel = Channel.CreateUnbounded<int>();
        Assert.True(channel.Writer.TryWrite(1) && channel.Writer.TryWrite(2));
        channel.Writer.Complete();

        using var response = await Orders(host).PostAsync(
            new Uri("orders", UriKind.Relative),
            JsonContent.Create(channel.Reader.ReadAllAsync(TestContext.Current.CancellationToken)),
            TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["[1,2]", "[1,2]"], bodies);
    }

    [Fact]
    public async Task Sending_starts_while_the_body_is_still_being_produced()
    {
        var hasArrived = new TaskCompletionSource();
        await using var server = await StartAsync(HttpProtocols.Http1, async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte["first".Length], context.RequestAborted);
            hasArrived.SetResult();
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        });
        using var host = Host(server, HttpProtocols.Http1);
        using var body = new GatedContent("first"u8.ToArray(), hasArrived.Task, "second"u8.ToArray());

        using var response = await Orders(host).PostAsync(
            new Uri("orders", UriKind.Relative), body, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Over_HTTP_2_a_stream_is_sent_to_its_end_before_the_response_is_returned(bool isPart)
    {
        const int length = 5_000_000;
        var hasResponded = new TaskCompletionSource();
        await using var server = await StartAsync(HttpProtocols.Http2, async context =>
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            hasResponded.SetResult();
            var received = new MemoryStream();
            await context.Request.Body.CopyToAsync(received, context.RequestAborted);
            await context.Response.WriteAsync(received.Length < length ? "cut" : "complete", context.RequestAborted);
        });
        using var host = Host(server, HttpProtocols.Http2);
        await using var source = new GatedStream(hasResponded.Task, length);
        using var request = new HttpRequestMessage(HttpMethod.Post, "orders");
        request.Content = isPart ? new MultipartContent { new StreamContent(source) } : new StreamContent(source);
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;

        using var response = await Orders(host).SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await source.DisposeAsync();

        Assert.Equal("complete", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Over_HTTP_2_a_body_can_still_be_produced_while_the_response_is_read()
    {
        var hasResponse = new TaskCompletionSource();
        await using var server = await StartAsync(HttpProtocols.Http2, async context =>
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
        using var host = Host(server, HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Post, "orders");
        request.Content = new GatedContent("first "u8.ToArray(), hasResponse.Task, "second"u8.ToArray());
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;

        using var response = await Orders(host).SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        hasResponse.SetResult();

        Assert.Equal("first second", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static HttpClient Orders(CiamHost host) => host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

    private static CiamHost Host(WebApplication server, HttpProtocols protocols) => new(services: services => services
        .AddHttpClient("orders", client =>
        {
            client.BaseAddress = new Uri(server.Urls.Single());
            client.DefaultRequestVersion = protocols == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
            client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        })
        .AddCiamClientCredentialsHandler());

    private static async Task<WebApplication> StartAsync(HttpProtocols protocols, RequestDelegate respond)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        var server = builder.Build();
        server.Run(respond);
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    private sealed class GatedContent(byte[] first, Task gate, byte[] second) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(first);
            await stream.FlushAsync();

            // The limit is that of real time, and only for a chunk that is held back: better a failure than a hanging run.
            await gate.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            await stream.WriteAsync(second);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>
    /// Has one chunk before the gate is open, because .NET does not send the request's headers before there is a body to send,
    /// and nothing after it was disposed.
    /// </summary>
    private sealed class GatedStream(Task gate, int length) : MemoryStream(new byte[length])
    {
        public override bool CanSeek => false;

        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            var buffer = new byte[1000];
            while (Read(buffer) is > 0 and var count)
            {
                await destination.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                await destination.FlushAsync(cancellationToken);
                await gate.WaitAsync(cancellationToken);
                await Task.Yield();
            }
        }
    }
}
