using System.Net.Http.Headers;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Requests;
using Google.Apis.Http;
using Google.Apis.Util;
using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>Google.Apis.Auth: a service credential written for this endpoint, on the message handler of Google's clients.</summary>
internal sealed class GoogleAuthPeer : Peer
{
    private readonly SecretCredential _credential;
    private readonly HttpMessageInvoker _calls;
    private readonly HttpMessageInvoker _baseline;

    public GoogleAuthPeer(InMemoryEnvironment environment)
    {
        _credential = new SecretCredential(new ServiceCredential.Initializer(InMemoryEnvironment.TokenAddress.AbsoluteUri)
        {
            Clock = new Clock(environment.Clock),
            HttpClientFactory = new ClientFactory(environment.Endpoint),
        });
        _calls = new HttpMessageInvoker(new ConfigurableMessageHandler(environment.Resource) { Credential = _credential });
        _baseline = new HttpMessageInvoker(new ConfigurableMessageHandler(environment.Resource) { Credential = new ConstantHeader() });
    }

    public override HttpClient TokenHttpClient => _credential.HttpClient;

    public override Task CallAsync() => _calls.SendAsync(NewCall(), CancellationToken.None);

    public override Task CallBaselineAsync() => _baseline.SendAsync(NewCall(), CancellationToken.None);

    public override Task AcquireAsync() => _credential.RequestAccessTokenAsync(CancellationToken.None);

    public override void Dispose()
    {
        _calls.Dispose();
        _baseline.Dispose();
    }

    private sealed class SecretCredential(ServiceCredential.Initializer initializer) : ServiceCredential(initializer)
    {
        public override async Task<bool> RequestAccessTokenAsync(CancellationToken taskCancellationToken)
        {
            var request = new TokenRequest
            {
                GrantType = "client_credentials",
                ClientId = Application.ClientId,
                ClientSecret = Application.ClientSecret,
            };
            Token = await request.ExecuteAsync(HttpClient, TokenServerUrl, taskCancellationToken, Clock).ConfigureAwait(false);
            return true;
        }
    }

    private sealed class ConstantHeader : IHttpExecuteInterceptor
    {
        private static readonly AuthenticationHeaderValue Header = new("Bearer", new string('x', 773));

        public Task InterceptAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = Header;
            return Task.CompletedTask;
        }
    }

    private sealed class ClientFactory(HttpMessageHandler endpoint) : HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) => endpoint;
    }

    private sealed class Clock(TimeProvider time) : IClock
    {
        public DateTime UtcNow => time.GetUtcNow().UtcDateTime;

        public DateTime Now => time.GetLocalNow().DateTime;
    }
}
