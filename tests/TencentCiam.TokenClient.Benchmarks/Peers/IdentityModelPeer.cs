using System.Net.Http.Headers;
using Duende.IdentityModel.Client;
using TencentCiam.TokenClient.Benchmarks.World;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>Duende.IdentityModel: the request and its answer, and no cache.</summary>
internal sealed class IdentityModelPeer : HandlerPeer
{
    private readonly UncachedHandler _handler;

    public IdentityModelPeer(Surroundings surroundings)
        : this(new UncachedHandler(surroundings), surroundings.Resource)
    {
    }

    private IdentityModelPeer(UncachedHandler handler, HttpMessageHandler resource)
        : base(handler, resource) => _handler = handler;

    public override Task AcquireAsync() => _handler.RequestTokenAsync(CancellationToken.None);

    private sealed class UncachedHandler(Surroundings surroundings) : DelegatingHandler
    {
        private readonly HttpClient _tokenClient = new(surroundings.Endpoint);

        public async Task<string> RequestTokenAsync(CancellationToken cancellationToken)
        {
            using var request = new ClientCredentialsTokenRequest
            {
                Address = Surroundings.TokenAddress.AbsoluteUri,
                ClientId = Application.ClientId,
                ClientSecret = Application.ClientSecret,
                ClientCredentialStyle = ClientCredentialStyle.PostBody,
            };
            var response = await _tokenClient.RequestClientCredentialsTokenAsync(request, cancellationToken).ConfigureAwait(false);
            return response.IsError
                ? throw new InvalidOperationException(response.Error, response.Exception)
                : response.AccessToken!;
        }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            var token = await RequestTokenAsync(cancellationToken).ConfigureAwait(false);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }
}
