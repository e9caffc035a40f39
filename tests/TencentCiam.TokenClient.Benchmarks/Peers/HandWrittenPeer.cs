using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Serialization;
using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>What people write without a library: a lock, and a comparison of the clock with the expiration time.</summary>
internal sealed class HandWrittenPeer : HandlerPeer
{
    private readonly HandWrittenHandler _handler;

    public HandWrittenPeer(InMemoryEnvironment environment, TimeSpan margin)
        : this(new HandWrittenHandler(environment, margin), environment.Resource)
    {
    }

    private HandWrittenPeer(HandWrittenHandler handler, HttpMessageHandler resource)
        : base(handler, resource) => _handler = handler;

    public override Task AcquireAsync() => _handler.RequestTokenAsync(CancellationToken.None);

    private sealed class HandWrittenHandler(InMemoryEnvironment environment, TimeSpan margin) : DelegatingHandler
    {
        private readonly SemaphoreSlim _lock = new(1, 1);
        private readonly HttpClient _tokenClient = new(environment.Endpoint);
        private string? _token;
        private DateTimeOffset _expiresAt;

        public async Task<TokenResponse> RequestTokenAsync(CancellationToken cancellationToken)
        {
            using var form = Application.NewForm();
            using var response = await _tokenClient.PostAsync(InMemoryEnvironment.TokenAddress, form, cancellationToken).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            return (await response.Content.ReadFromJsonAsync<TokenResponse>(cancellationToken).ConfigureAwait(false))!;
        }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            await _lock.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (_token is null || environment.Clock.GetUtcNow() >= _expiresAt - margin)
                {
                    var response = await RequestTokenAsync(cancellationToken).ConfigureAwait(false);
                    _token = response.AccessToken;
                    _expiresAt = environment.Clock.GetUtcNow().AddSeconds(response.ExpiresIn);
                }

                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
            }
            finally
            {
                _lock.Release();
            }

            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }

    internal sealed record TokenResponse(
        [property: JsonPropertyName("access_token")] string AccessToken,
        [property: JsonPropertyName("expires_in")] int ExpiresIn);
}
