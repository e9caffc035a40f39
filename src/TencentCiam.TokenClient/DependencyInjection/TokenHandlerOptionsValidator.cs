using Microsoft.Extensions.Options;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>Validates the options of the handlers when the host starts, so that a mistake does not wait for the first request.</summary>
internal sealed class TokenHandlerOptionsValidator(IServiceProvider services) : IValidateOptions<CiamBearerTokenHandlerOptions>
{
    public ValidateOptionsResult Validate(string? name, CiamBearerTokenHandlerOptions options)
        => options.Registration?.GetFaults(options, services).ToList() is { Count: > 0 } faults
            ? ValidateOptionsResult.Fail(faults)
            : ValidateOptionsResult.Success;
}
