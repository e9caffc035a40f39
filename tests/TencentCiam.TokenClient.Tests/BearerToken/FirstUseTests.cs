using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.BearerToken;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>What fails at the first use of an HttpClient works once it is corrected, although the factory keeps a failed creation.</summary>
public sealed class FirstUseTests
{
    [Fact]
    public async Task Corrected_options_of_the_client_are_used()
    {
        string? clientId = null;
        using var api = new FakeApi(services: services => services.PostConfigure<CiamClientCredentialsOptions>(
            options => options.ClientId = clientId ?? ""));

        await Assert.ThrowsAsync<OptionsValidationException>(() => api.GetAsync());
        await Assert.ThrowsAsync<OptionsValidationException>(() => api.GetAsync());
        clientId = api.Host.Portal.Application.ClientId;

        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync()).StatusCode);
        Assert.Single(api.Received);
    }

    [Theory]
    [InlineData("a  b", null, typeof(ArgumentException))]
    [InlineData(null, "/relative", typeof(ArgumentException))]
    [InlineData(null, "not an address", typeof(UriFormatException))]
    public async Task Corrected_options_of_the_handler_are_used(string? scope, string? origin, Type thrown)
    {
        using var api = new FakeApi(options =>
        {
            options.Scope = scope;
            if (origin is not null)
            {
                options.AllowedOrigins.Add(origin[0] == '/' ? new Uri(origin, UriKind.Relative) : new Uri(origin));
            }
        });

        await Assert.ThrowsAsync(thrown, () => api.GetAsync());
        (scope, origin) = ("orders.read", "https://orders.example.com");

        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync()).StatusCode);
        Assert.Equal("orders.read", api.Host.Portal.Requests.Single().Scope);
    }

    [Fact]
    public async Task A_synchronous_call_reports_it_too()
    {
        using var api = new FakeApi(options => options.Scope = "a  b");
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1");

        Assert.Throws<ArgumentException>(() => api.Client.Send(request, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>(() => api.GetAsync());
        Assert.Empty(api.Received);
    }

    [Fact]
    public async Task The_handlers_options_are_read_once_they_are_valid()
    {
        var read = 0;
        using var api = new FakeApi(_ => read++);

        await api.GetAsync();
        await api.GetAsync();

        Assert.Equal(1, read);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_handler_is_set_up_once(bool synchronously)
    {
        var setups = 0;
        using var invoker = new HttpMessageInvoker(new CiamBearerTokenHandler(
            () =>
            {
                setups++;
                var options = new CiamBearerTokenHandlerOptions();
                return new HandlerSetup(new ChoiceApi.FakeTokens("own"), options, new TokenDestinations(
                    options, RegisteredBaseAddress.None, new(), NullLogger.Instance, ""));
            },
            new AttachedTokens(),
            NullLogger.Instance)
        {
            InnerHandler = new RespondsAtOnce(),
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://orders.example.com/1");

        for (var i = 0; i < 2; i++)
        {
            _ = synchronously
                ? invoker.Send(request, TestContext.Current.CancellationToken)
                : await invoker.SendAsync(request, TestContext.Current.CancellationToken);
        }

        Assert.Equal(1, setups);
    }
}
