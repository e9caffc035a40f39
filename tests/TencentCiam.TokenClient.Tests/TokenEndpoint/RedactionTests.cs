using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>Which texts of a server are withheld because they contain a token.</summary>
public sealed class RedactionTests
{
    [Fact]
    public void A_text_that_repeats_a_new_token_is_withheld_if_the_token_is_long_enough_to_be_one()
    {
        var context = new TokenRequestContext(
            new CiamClientCredentialsOptions { ClientId = "client", ClientSecret = "no-secret/of+anyone" }, TimeProvider.System);
        var (token, shortToken) = (new string('t', 22), new string('t', 21));

        Assert.Equal("(withheld: it repeats a secret)", context.RedactSecrets($"issued {token}.", token));
        Assert.Equal($"issued {shortToken}.", context.RedactSecrets($"issued {shortToken}.", shortToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_response_that_is_not_valid_HTTP_is_withheld_from_the_exception(bool synchronously)
    {
        using var invoker = new HttpMessageInvoker(new InvalidResponseRedactionHandler(new Throwing(
            new HttpRequestException(HttpRequestError.InvalidResponse, "quoted", new HttpIOException(HttpRequestError.InvalidResponse)))));

        var thrown = await SendAsync(invoker, synchronously);

        Assert.Equal("The response is not valid HTTP.", thrown.Message);
        Assert.Equal(HttpRequestError.InvalidResponse, thrown.HttpRequestError);
        Assert.Null(thrown.InnerException);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Other_exceptions_pass(bool synchronously)
    {
        var exception = new HttpRequestException(HttpRequestError.ConnectionError, "refused");
        using var invoker = new HttpMessageInvoker(new InvalidResponseRedactionHandler(new Throwing(exception)));

        Assert.Same(exception, await SendAsync(invoker, synchronously));
    }

    [Fact]
    public async Task The_callers_SynchronizationContext_is_not_used()
    {
        using var invoker = new HttpMessageInvoker(new InvalidResponseRedactionHandler(new Throwing(new HttpRequestException())));
        var context = new BlockedThreadContext();

        await Assert.ThrowsAsync<HttpRequestException>(() => context.Run(() => RequestAsync(invoker)));

        Assert.Equal(0, context.Posts);
    }

    private static Task<HttpResponseMessage> RequestAsync(HttpMessageInvoker invoker)
        => invoker.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "https://portal.test/"), TestContext.Current.CancellationToken);

    private static async Task<HttpRequestException> SendAsync(HttpMessageInvoker invoker, bool synchronously)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://portal.test/");
        return synchronously
            ? Assert.Throws<HttpRequestException>(() => invoker.Send(request, TestContext.Current.CancellationToken))
            : await Assert.ThrowsAsync<HttpRequestException>(() => RequestAsync(invoker));
    }

    /// <summary>Throws at once from Send, and after a while from SendAsync.</summary>
    private sealed class Throwing(Exception exception) : HttpMessageHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => throw exception;

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            throw exception;
        }
    }
}
