using Microsoft.Extensions.Options;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

internal sealed class ChangeableOptions(CiamClientCredentialsOptions options) : IOptionsMonitor<CiamClientCredentialsOptions>
{
    private Action<CiamClientCredentialsOptions, string?>? _listener;

    public CiamClientCredentialsOptions CurrentValue { get; private set; } = options;

    public CiamClientCredentialsOptions Get(string? name) => CurrentValue;

    public IDisposable? OnChange(Action<CiamClientCredentialsOptions, string?> listener)
    {
        _listener = listener;
        return null;
    }

    public void Change(CiamClientCredentialsOptions changed)
    {
        CurrentValue = changed;
        _listener!(changed, "");
    }
}
