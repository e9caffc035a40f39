using Microsoft.Extensions.DependencyInjection;

namespace TencentCiam.TokenClient.DependencyInjection;

internal sealed class CiamClientCredentialsBuilder(string name, IServiceCollection services) : ICiamClientCredentialsBuilder
{
    public string Name => name;

    public IServiceCollection Services => services;
}
