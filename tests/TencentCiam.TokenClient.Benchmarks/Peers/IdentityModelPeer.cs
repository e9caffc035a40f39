using Duende.IdentityModel.Client;
using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>Duende.IdentityModel: sends the token request and parses the response, but does not attach the token.</summary>
internal sealed class IdentityModelPeer(InMemoryEnvironment environment) : Peer
{
    private readonly HttpClient _tokenClient = new(environment.Endpoint);

    public override async Task AcquireAsync()
    {
        using var request = new ClientCredentialsTokenRequest
        {
            Address = InMemoryEnvironment.TokenAddress.AbsoluteUri,
            ClientId = Application.ClientId,
            ClientSecret = Application.ClientSecret,
            ClientCredentialStyle = ClientCredentialStyle.PostBody,
        };
        var response = await _tokenClient.RequestClientCredentialsTokenAsync(request).ConfigureAwait(false);
        if (response.IsError)
        {
            throw new InvalidOperationException(response.Error, response.Exception);
        }
    }

    public override Task CallAsync() => throw new NotSupportedException();

    public override Task CallBaselineAsync() => throw new NotSupportedException();

    public override void Dispose() => _tokenClient.Dispose();
}
