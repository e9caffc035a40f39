namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// Configures a registered CIAM client. It is the builder of the HttpClient that talks to the token endpoint, so
/// resilience, proxies, certificates and logging come from the same extensions as for any other HttpClient.
/// </summary>
public interface ICiamClientCredentialsBuilder : IHttpClientBuilder;
