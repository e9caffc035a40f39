using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>Azure.Core's bearer policy, the only policy of its pipeline, with a credential written for this endpoint.</summary>
internal sealed class AzureCorePeer : Peer
{
    private readonly HttpClient _tokenClient;
    private readonly FormCredential _credential;
    private readonly HttpPipeline _calls;
    private readonly HttpPipeline _baseline;

    /// <param name="environment">What the peer runs in.</param>
    /// <param name="setsRefreshOn">
    /// Whether the credential sets RefreshOn, at 80% of the lifetime. Otherwise the policy refreshes five minutes before
    /// expiration.
    /// </param>
    public AzureCorePeer(InMemoryEnvironment environment, bool setsRefreshOn)
    {
        _tokenClient = new HttpClient(environment.Endpoint);
        _credential = new FormCredential(_tokenClient, setsRefreshOn);
        var transport = new HttpClientTransport(new HttpClient(environment.Resource) { Timeout = Timeout.InfiniteTimeSpan });
        _calls = new HttpPipeline(transport, [new BearerTokenAuthenticationPolicy(_credential, "identity_proofing")]);
        _baseline = new HttpPipeline(transport, [new ConstantHeaderPolicy()]);
    }

    public override Task CallAsync() => SendAsync(_calls);

    public override Task CallBaselineAsync() => SendAsync(_baseline);

    public override Task AcquireAsync() => _credential.RequestTokenAsync(CancellationToken.None);

    public override void Dispose() => _tokenClient.Dispose();

    private static Task<Azure.Response> SendAsync(HttpPipeline pipeline)
    {
        var request = pipeline.CreateRequest();
        request.Method = RequestMethod.Get;
        request.Uri.Reset(InMemoryEnvironment.ResourceAddress);
        return pipeline.SendRequestAsync(request, CancellationToken.None).AsTask();
    }

    private sealed class ConstantHeaderPolicy : HttpPipelineSynchronousPolicy
    {
        private static readonly string Header = "Bearer " + new string('x', 773);

        public override void OnSendingRequest(HttpMessage message)
            => message.Request.Headers.SetValue(HttpHeader.Names.Authorization, Header);
    }

    private sealed class FormCredential(HttpClient tokenClient, bool setsRefreshOn) : TokenCredential
    {
        public async Task<AccessToken> RequestTokenAsync(CancellationToken cancellationToken)
        {
            using var form = Application.NewForm();
            using var response = await tokenClient.PostAsync(InMemoryEnvironment.TokenAddress, form, cancellationToken).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            using var body = await JsonDocument.ParseAsync(
                await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false),
                cancellationToken: cancellationToken).ConfigureAwait(false);
            var now = DateTimeOffset.UtcNow;
            var lifetime = TimeSpan.FromSeconds(body.RootElement.GetProperty("expires_in").GetInt32());
            return new AccessToken(
                body.RootElement.GetProperty("access_token").GetString()!,
                now + lifetime,
                setsRefreshOn ? now + (lifetime * 0.8) : null);
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
            => new(RequestTokenAsync(cancellationToken));

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
            => RequestTokenAsync(cancellationToken).GetAwaiter().GetResult();
    }
}
