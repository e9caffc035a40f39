using Microsoft.Extensions.DependencyInjection;

namespace TencentCiam.TokenClient.DependencyInjection;

internal sealed class CiamClientCredentialsBuilder(IHttpClientBuilder tokenEndpoint) : ICiamClientCredentialsBuilder
{
    public string Name => tokenEndpoint.Name;

    public IServiceCollection Services => tokenEndpoint.Services;
}
