using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using RichardSzalay.MockHttp;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>Owns the clock, a scripted token endpoint and the client under test, and records what was sent.</summary>
internal sealed class WireClient : IDisposable
{
    public const string ClientId = "TENANT_CLIENT_ID";
    public const string ClientSecret = "TENANT_CLIENT_SECRET";

    private readonly ServiceProvider _services;

    public WireClient(Action<CiamClientCredentialsOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddCiamClientCredentials(options =>
            {
                options.Authority = new Uri("https://sample.portal.tencentciam.com");
                options.ClientId = ClientId;
                options.ClientSecret = ClientSecret;
                configure?.Invoke(options);
            })
            .ConfigurePrimaryHttpMessageHandler(() => Endpoint)
            .AddHttpMessageHandler(() => new Recorder(this));
        _services = services.BuildServiceProvider();
        Client = _services.GetRequiredService<CiamTokenClient>();
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero));

    public MockHttpMessageHandler Endpoint { get; } = new();

    public CiamTokenClient Client { get; }

    public HttpRequestMessage? Sent { get; private set; }

    public string? SentBody { get; private set; }

    /// <summary>The client's result for a response.</summary>
    public static async Task<CiamTokenResult> JudgeAsync(
        HttpStatusCode status,
        string? body = null,
        string? contentType = "application/json;charset=UTF-8",
        Action<HttpResponseMessage>? also = null,
        string? scope = null)
        => await JudgeAsync(status, body is null ? [] : Encoding.UTF8.GetBytes(body), body is null ? null : contentType, also, scope);

    public static async Task<CiamTokenResult> JudgeAsync(
        HttpStatusCode status,
        byte[] body,
        string? contentType,
        Action<HttpResponseMessage>? also = null,
        string? scope = null)
    {
        using var wire = new WireClient();
        wire.Endpoint.Expect(HttpMethod.Post, "https://sample.portal.tencentciam.com/oauth2/token")
            .Respond(_ => Response(status, body, contentType, also));
        var result = await wire.Client.RequestTokenAsync(scope, TestContext.Current.CancellationToken);
        wire.Endpoint.VerifyNoOutstandingExpectation();
        return result;
    }

    public static async Task<CiamAccessToken> JudgeTokenAsync(string body)
        => Assert.IsType<CiamTokenResult.Success>(await JudgeAsync(HttpStatusCode.OK, body)).Token;

    public static async Task<T> JudgeErrorAsync<T>(
        HttpStatusCode status,
        string? body = null,
        string? contentType = "application/json;charset=UTF-8",
        Action<HttpResponseMessage>? also = null)
        where T : CiamTokenError
    {
        var error = Assert.IsType<CiamTokenResult.Failure>(await JudgeAsync(status, body, contentType, also)).Error;
        return Assert.IsType<T>(error);
    }

    /// <summary>The client's error for an exception that is thrown instead of a response.</summary>
    public static async Task<CiamTokenError.EndpointUnavailable> JudgeThrownAsync(Exception exception)
    {
        using var wire = new WireClient();
        wire.Endpoint.When("*").Throw(exception);
        var result = await wire.Client.RequestTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
        return Assert.IsType<CiamTokenError.EndpointUnavailable>(Assert.IsType<CiamTokenResult.Failure>(result).Error);
    }

    public void Dispose() => _services.Dispose();

    private static HttpResponseMessage Response(
        HttpStatusCode status,
        byte[] body,
        string? contentType,
        Action<HttpResponseMessage>? also)
    {
        var response = new HttpResponseMessage(status) { Content = new ByteArrayContent(body) };
        if (contentType is not null)
        {
            response.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        also?.Invoke(response);
        return response;
    }

    private sealed class Recorder(WireClient owner) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            owner.Sent = request;
            owner.SentBody = await request.Content!.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }
}
