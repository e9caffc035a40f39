using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class SecretRotationAndVaultsRecipe : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CiamPortalEmulator _portal;
    private readonly HostApplicationBuilder _builder = Host.CreateEmptyApplicationBuilder(null);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ciam-secrets-");

    public SecretRotationAndVaultsRecipe()
    {
        _portal = new CiamPortalEmulator(timeProvider: _clock);
        _builder.Configuration["Ciam:Authority"] = _portal.Authority.OriginalString;
        _builder.Configuration["Ciam:ClientId"] = _portal.Application.ClientId;
        _builder.Services.AddSingleton<TimeProvider>(_clock);
        _builder.Services.AddCiamClientCredentials().ConfigurePrimaryHttpMessageHandler(_portal.CreateHandler);
    }

    public void Dispose()
    {
        _portal.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task The_next_token_request_uses_the_secret_from_the_changed_file()
    {
        WriteSecretFile(_portal.Application.ClientSecret);
        var (builder, secretsDirectory) = (_builder, _directory.FullName);

        // <snippet>
        builder.Configuration.AddKeyPerFile(secretsDirectory, optional: false, reloadOnChange: true);
        // </snippet>

        using var host = builder.Build();
        var tokens = host.Services.GetRequiredService<ICiamTokenProvider>();
        var first = await tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

        var changed = new TaskCompletionSource();
        using var registration = host.Services.GetRequiredService<IOptionsMonitor<CiamClientCredentialsOptions>>()
            .OnChange((options, _) =>
            {
                if (options.ClientSecret == "rotated")
                {
                    changed.TrySetResult();
                }
            });
        _portal.Application.ClientSecret = "rotated";
        WriteSecretFile("rotated");
        await changed.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Same(first, await tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken));
        _clock.Advance(first.Lifetime);
        Assert.NotSame(first, await tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken));
        Assert.All(_portal.Requests, request => Assert.Equal(HttpStatusCode.OK, request.StatusCode));
    }

    [Fact]
    public async Task Replacing_the_secret_ends_failures_caused_by_the_old_one()
    {
        var builder = _builder;
        var currentSecret = _portal.Application.ClientSecret;
        Task<string> ReadSecretAsync() => Task.FromResult(currentSecret);

        // <snippet>
        var vaultSecret = new VaultSecret();
        builder.Configuration.Sources.Add(vaultSecret);
        vaultSecret.Replace(await ReadSecretAsync());
        // </snippet>

        using var host = builder.Build();
        var tokens = host.Services.GetRequiredService<ICiamTokenProvider>();
        var first = await tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
        _portal.Application.ClientSecret = currentSecret = "rotated";
        _clock.Advance(first.Lifetime);
        await Assert.ThrowsAsync<CiamTokenException>(() => tokens
            .GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());

        vaultSecret.Replace(await ReadSecretAsync());

        Assert.NotSame(first, await tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken));
    }

    private void WriteSecretFile(string secret)
    {
        var temporary = Path.GetTempFileName();
        File.WriteAllText(temporary, secret);
        File.Move(temporary, Path.Combine(_directory.FullName, "Ciam__ClientSecret"), overwrite: true);
    }

    // <snippet>
    public sealed class VaultSecret : ConfigurationProvider, IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public void Replace(string secret)
        {
            Set("Ciam:ClientSecret", secret);
            OnReload();
        }
    }
    // </snippet>
}
