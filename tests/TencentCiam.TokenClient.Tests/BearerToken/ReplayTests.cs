using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>After a 401, a body that is produced while it is sent is sent again with the same bytes, or not at all.</summary>
public sealed class ReplayTests
{
    private const int MaxBytes = 1024 * 1024;

    public static TheoryData<string, Func<HttpContent>> BodiesThatSendAsynchronously { get; } = new()
    {
        { "[1,2,3]", () => JsonContent.Create(Sequence()) },
        { """{"orders":[1,2,3]}""", () => JsonContent.Create(new { Orders = Sequence() }) },
    };

    public static TheoryData<string, Func<HttpContent>> Bodies { get; } = new()
    {
        { "[1,2,3]", () => JsonContent.Create(Collection().GetConsumingEnumerable()) },
        { "stream", () => new StreamContent(new MemoryStream("stream"u8.ToArray())) },
        { "stream", () => new StreamContent(new ForwardOnlyStream("stream"u8.ToArray())) },
        { "part", () => new MultipartFormDataContent { new StringContent("part"), new StreamContent(new ForwardOnlyStream([1])) } },
        { "", () => new StreamContent(Stream.Null) },
    };

    [Theory]
    [MemberData(nameof(BodiesThatSendAsynchronously))]
    [MemberData(nameof(Bodies))]
    public async Task The_same_bytes_are_sent_again(string body, Func<HttpContent> content)
    {
        using var api = new FakeApi();
        await api.RevokedTokenAsync();

        using var response = await PostAsync(api, content());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        AssertSentTwice(body, api);
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_synchronous_call_sends_the_same_bytes_again(string body, Func<HttpContent> content)
    {
        using var api = new FakeApi();
        await api.RevokedTokenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "orders") { Content = content() };

        using var response = api.Client.Send(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        AssertSentTwice(body, api);
    }

    [Theory]
    [InlineData(MaxBytes, 2)]
    [InlineData(MaxBytes + 1, 1)]
    public async Task A_body_of_unknown_length_is_sent_again_up_to_1_MiB(int length, int sent)
    {
        using var api = new FakeApi();
        await api.RevokedTokenAsync();

        using var response = await PostAsync(api, new StreamContent(new ForwardOnlyStream(new byte[length])));

        Assert.Equal(sent == 2 ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(Enumerable.Repeat(length, sent), api.Received.Select(call => call.Body.Length));
    }

    [Theory]
    [InlineData(MaxBytes, true)]
    [InlineData(MaxBytes + 1, false)]
    public async Task A_body_that_is_known_to_be_over_1_MiB_is_not_recorded(int length, bool isRecorded)
    {
        HttpContent? received = null;
        using var api = new FakeApi();
        api.Respond = (request, _) =>
        {
            received = request.Content;
            return new HttpResponseMessage(HttpStatusCode.Unauthorized);
        };
        using var body = new StreamContent(new MemoryStream(new byte[length]));

        await PostAsync(api, body);

        Assert.Equal(isRecorded, received != body);
    }

    [Fact]
    public async Task Without_RetryOnUnauthorized_a_body_is_not_recorded()
    {
        HttpContent? received = null;
        using var api = new FakeApi(options => options.RetryOnUnauthorized = false);
        api.Respond = (request, _) =>
        {
            received = request.Content;
            return new HttpResponseMessage(HttpStatusCode.OK);
        };
        using var body = JsonContent.Create(1);

        await PostAsync(api, body);

        Assert.Same(body, received);
    }

    [Fact]
    public async Task A_body_whose_sending_was_cut_is_not_sent_again()
    {
        using var api = new FakeApi(services: services => services.AddHttpClient("orders")
            .AddHttpMessageHandler(() => new ReadsBody(maxBytes: 3)));
        await api.RevokedTokenAsync();

        using var response = await PostAsync(api, new StreamContent(new ForwardOnlyStream("stream"u8.ToArray())));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Empty(api.Received);
    }

    [Fact]
    public async Task A_body_of_which_nothing_was_sent_before_the_401_is_sent_for_the_first_time()
    {
        using var api = new FakeApi(services: services => services.AddHttpClient("orders")
            .AddHttpMessageHandler(() => new RejectsFirstUnread()));
        await api.RevokedTokenAsync();

        using var response = await PostAsync(api, JsonContent.Create(Sequence()));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("[1,2,3]", Assert.Single(api.Received).Body);
    }

    [Fact]
    public async Task A_retry_handler_inside_sends_the_body_itself_and_the_replay_is_that_of_the_first_sending()
    {
        using var api = new FakeApi(services: services => services.AddHttpClient("orders")
            .AddHttpMessageHandler(() => new SendsTwice()));
        await api.RevokedTokenAsync();
        var count = 0;
        using var body = new ProducedContent(() => $"body {++count}");

        using var response = await PostAsync(api, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["body 1", "body 2", "body 1", "body 1"], api.Received.Select(call => call.Body));
    }

    [Fact]
    public async Task A_retry_handler_outside_has_its_attempts_recorded_each()
    {
        var count = 0;
        using var body = new ProducedContent(() => $"body {++count}");
        using var api = new FakeApi(also: builder => builder.AddHttpMessageHandler(() => new SendsTwice()));
        await api.RevokedTokenAsync();

        using var response = await PostAsync(api, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["body 1", "body 1", "body 2"], api.Received.Select(call => call.Body));
    }

    [Fact]
    public async Task An_inner_handler_that_replaces_address_and_body_does_so_again_for_the_replay()
    {
        using var api = new FakeApi(services: services => services.AddHttpClient("orders")
            .AddHttpMessageHandler(() => new Encloses()));
        await api.RevokedTokenAsync();

        using var response = await PostAsync(api, new StringContent("text"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["<text>", "<text>"], api.Received.Select(call => call.Body));
        Assert.EndsWith("/orders/enclosed", response.RequestMessage!.RequestUri!.AbsoluteUri, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.Unauthorized)]
    public async Task The_request_has_its_own_body_back_afterwards(HttpStatusCode status)
    {
        using var api = new FakeApi();
        await api.RevokedTokenAsync();
        api.Respond = (_, _) => new HttpResponseMessage(status);
        using var body = new StreamContent(new MemoryStream([1]));
        using var request = new HttpRequestMessage(HttpMethod.Post, "orders") { Content = body };

        await api.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Same(body, request.Content);
    }

    [Fact]
    public async Task The_request_has_its_own_body_back_after_an_exception()
    {
        using var api = new FakeApi { Respond = (_, _) => throw new HttpRequestException("broken") };
        using var body = new StreamContent(new MemoryStream([1]));
        using var request = new HttpRequestMessage(HttpMethod.Post, "orders") { Content = body };

        await Assert.ThrowsAsync<HttpRequestException>(
            () => api.Client.SendAsync(request, TestContext.Current.CancellationToken));

        Assert.Same(body, request.Content);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_inside_that_disposes_the_request_disposes_the_body(bool hasReplacedIt)
    {
        using var api = new FakeApi();
        api.Respond = (request, _) =>
        {
            request.Content = hasReplacedIt ? new StringContent("another") : request.Content;
            request.Dispose();
            return new HttpResponseMessage(HttpStatusCode.OK);
        };
        var stream = new MemoryStream([1]);

        using var response = await PostAsync(api, new StreamContent(stream));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(stream.CanRead);
    }

    [Fact]
    public async Task A_recorded_body_has_the_headers_and_the_length_of_the_body()
    {
        var headers = new List<string>();
        using var api = new FakeApi();
        api.Respond = (request, _) =>
        {
            headers.Add(request.Content!.Headers.ToString());
            return new HttpResponseMessage(HttpStatusCode.OK);
        };
        using var body = new StreamContent(new MemoryStream([1, 2])) { Headers = { ContentType = new("text/plain") } };
        body.Headers.TryAddWithoutValidation("Content-Language", "not a language");

        await PostAsync(api, body);
        await PostAsync(api, JsonContent.Create(Sequence()));
        using var parts = new MultipartFormDataContent { new StringContent("part") };
        await PostAsync(api, parts);

        Assert.Equal(body.Headers.ToString(), headers[0]);
        Assert.Contains("Content-Length: 2", headers[0], StringComparison.Ordinal);
        Assert.Equal("Content-Type: application/json; charset=utf-8", headers[1].Trim());
        Assert.Equal(parts.Headers.ToString(), headers[2]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_inside_can_read_the_body_before_it_is_sent(bool asStream)
    {
        using var api = new FakeApi(services: services => services.AddHttpClient("orders")
            .AddHttpMessageHandler(() => new Reads(asStream)));
        await api.RevokedTokenAsync();

        using var response = await PostAsync(api, new StreamContent(new MemoryStream("stream"u8.ToArray())));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["stream", "stream"], api.Received.Select(call => call.Body));
    }

    [Fact]
    public async Task A_body_that_a_handler_inside_has_sent_itself_is_not_sent_again()
    {
        using var api = new FakeApi(services: services => services.AddHttpClient("orders")
            .AddHttpMessageHandler(() => new SendsStreamItself()));
        await api.RevokedTokenAsync();

        using var response = await PostAsync(api, new StreamContent(new MemoryStream("stream"u8.ToArray())));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("stream", Assert.Single(api.Received).Body);
    }

    [Fact]
    public async Task An_inherited_hedging_handler_which_copies_requests_sends_no_other_body()
    {
        using var api = new FakeApi(services: services => services.ConfigureHttpClientDefaults(
            defaults => defaults.AddStandardHedgingHandler()));
        await api.RevokedTokenAsync();

        using var ofSequence = await PostAsync(api, JsonContent.Create(Sequence()));
        using var ofParts = await PostAsync(api, new MultipartContent("mixed", "x") { new StringContent("part") });
        await Assert.ThrowsAsync<InvalidOperationException>(() => PostAsync(api, new StreamContent(new MemoryStream([1]))));

        Assert.Equal(
            ["[1,2,3]", "--x|Content-Type: text/plain; charset=utf-8||part|--x--|"],
            api.Received.Select(call => call.Body.Replace("\r\n", "|", StringComparison.Ordinal)).Distinct());
        Assert.Equal(HttpStatusCode.OK, ofSequence.StatusCode);
        Assert.Equal(HttpStatusCode.OK, ofParts.StatusCode);
    }

    private static Task<HttpResponseMessage> PostAsync(FakeApi api, HttpContent body)
        => api.Client.PostAsync(new Uri("orders", UriKind.Relative), body, TestContext.Current.CancellationToken);

    private static void AssertSentTwice(string body, FakeApi api)
    {
        Assert.Equal(2, api.Received.Count);
        Assert.Contains(body, api.Received.First().Body, StringComparison.Ordinal);
        Assert.Equal(api.Received.First().Body, api.Received.Last().Body);
        Assert.NotEqual(api.Received.First().Authorization, api.Received.Last().Authorization);
    }

    private static IAsyncEnumerable<int> Sequence()
    {
        var channel = Channel.CreateUnbounded<int>();
        Assert.True(channel.Writer.TryWrite(1) && channel.Writer.TryWrite(2) && channel.Writer.TryWrite(3));
        channel.Writer.Complete();
        return channel.Reader.ReadAllAsync(TestContext.Current.CancellationToken);
    }

    private static BlockingCollection<int> Collection()
    {
        var collection = new BlockingCollection<int> { 1, 2, 3 };
        collection.CompleteAdding();
        return collection;
    }

    private sealed class ForwardOnlyStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    /// <summary>Produces another body each time that it is sent.</summary>
    private sealed class ProducedContent(Func<string> produce) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
            => await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(produce()));

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class ReadsBody(int maxBytes) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Assert.ThrowsAnyAsync<Exception>(
                () => request.Content!.CopyToAsync(new MemoryStream(new byte[maxBytes]), cancellationToken));
            return new HttpResponseMessage(HttpStatusCode.Unauthorized) { RequestMessage = request };
        }
    }

    private sealed class RejectsFirstUnread : DelegatingHandler
    {
        private bool _isSecond;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (_isSecond, var isSecond) = (true, _isSecond);
            return isSecond
                ? base.SendAsync(request, cancellationToken)
                : Task.FromResult(new HttpResponseMessage(HttpStatusCode.Unauthorized) { RequestMessage = request });
        }
    }

    private sealed class Encloses : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new Uri(request.RequestUri + "/enclosed");
            request.Content = new StringContent($"<{await request.Content!.ReadAsStringAsync(cancellationToken)}>");
            return await base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class SendsStreamItself : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var copy = new HttpRequestMessage(request.Method, request.RequestUri)
            {
                Content = new StreamContent(await request.Content!.ReadAsStreamAsync(cancellationToken)),
            };
            copy.Headers.Authorization = request.Headers.Authorization;
            return await base.SendAsync(copy, cancellationToken);
        }
    }

    private sealed class Reads(bool asStream) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (asStream)
            {
                var stream = await request.Content!.ReadAsStreamAsync(cancellationToken);
                Assert.Equal((byte)'s', stream.ReadByte());
                stream.Position = 0;
            }
            else
            {
                Assert.Equal("stream", await request.Content!.ReadAsStringAsync(cancellationToken));
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }
}
