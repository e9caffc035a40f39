using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.DependencyInjection;

/// <summary>The program's own listeners hear of changed options beside the library.</summary>
public sealed class ChangeListenerTests : IDisposable
{
    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection([]).Build();
    private readonly CiamPortalEmulator _portal = new(signingKey: CiamHost.SigningKey);
    private readonly ServiceProvider _services;

    public ChangeListenerTests()
    {
        _configuration["Ciam:Authority"] = _portal.Authority.OriginalString;
        _configuration["Ciam:ClientId"] = _portal.Application.ClientId;
        _configuration["Ciam:ClientSecret"] = "wrong";
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(_configuration);
        services.AddCiamClientCredentials().ConfigurePrimaryHttpMessageHandler(_portal.CreateHandler);
        _services = services.BuildServiceProvider();
    }

    public void Dispose()
    {
        _services.Dispose();
        _portal.Dispose();
        (_configuration as IDisposable)?.Dispose();
    }

    [Fact]
    public async Task A_listener_that_throws_does_not_keep_the_provider_on_the_old_secret()
    {
        using var subscription = Monitor.OnChange((_, _) => throw new IOException("The listener's fault."));
        var tokens = _services.GetRequiredService<ICiamTokenProvider>();
        await Assert.ThrowsAsync<CiamTokenException>(() => TokenAsync(tokens));

        Assert.ThrowsAny<Exception>(CorrectSecret);

        // A failure with the old secret would be remembered.
        Assert.True(_portal.IsActive((await TokenAsync(tokens)).Value));
    }

    [Fact]
    public void All_listeners_are_called_and_the_first_exception_is_rethrown()
    {
        var called = 0;
        using var first = Monitor.OnChange((_, _) => Throw("first"));
        using var second = Monitor.OnChange((_, _) => Throw("second"));
        using var third = Monitor.OnChange((_, _) => called++);

        var thrown = Assert.ThrowsAny<Exception>(CorrectSecret);

        Assert.Equal(3, called);
        Assert.Equal("first", thrown.GetBaseException().Message);

        void Throw(string message)
        {
            called++;
            throw new IOException(message);
        }
    }

    private IOptionsMonitor<CiamClientCredentialsOptions> Monitor
        => _services.GetRequiredService<IOptionsMonitor<CiamClientCredentialsOptions>>();

    private void CorrectSecret()
    {
        _configuration["Ciam:ClientSecret"] = _portal.Application.ClientSecret;
        _configuration.Reload();
    }

    private static Task<CiamAccessToken> TokenAsync(ICiamTokenProvider tokens)
        => tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
}
