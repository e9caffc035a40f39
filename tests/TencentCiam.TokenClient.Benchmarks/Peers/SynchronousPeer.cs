using System.Net.Http.Headers;
using System.Text.Json;
using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>What people write for synchronous calls: a lock, and the token request on the thread of the caller.</summary>
internal sealed class SynchronousPeer(InMemoryEnvironment environment)
    : HandlerPeer(new SynchronousHandler(environment), environment.Resource)
{
    public override Task AcquireAsync() => throw new NotSupportedException();

    private sealed class SynchronousHandler(InMemoryEnvironment environment) : DelegatingHandler
    {
        private readonly object _lock = new();
        private readonly HttpClient _tokenClient = new(environment.TokenHandler);
        private string? _token;
        private DateTimeOffset _expiresAt;

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            lock (_lock)
            {
                if (_token is null || environment.Clock.GetUtcNow() >= _expiresAt)
                {
                    using var tokenRequest = new HttpRequestMessage(HttpMethod.Post, InMemoryEnvironment.TokenAddress);
                    tokenRequest.Content = Application.NewForm();
                    using var response = _tokenClient.Send(tokenRequest, cancellationToken);
                    response.EnsureSuccessStatusCode();
                    using var body = JsonDocument.Parse(response.Content.ReadAsStream(cancellationToken));
                    _token = body.RootElement.GetProperty("access_token").GetString();
                    _expiresAt = environment.Clock.GetUtcNow().AddSeconds(body.RootElement.GetProperty("expires_in").GetInt32());
                }

                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
            }

            return base.Send(request, cancellationToken);
        }
    }
}
