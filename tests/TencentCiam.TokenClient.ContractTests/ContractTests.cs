using System.Diagnostics.CodeAnalysis;
using System.IdentityModel.Tokens.Jwt;
using System.Net;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TencentCiam.TokenClient.ContractTests;

/// <summary>
/// The public contract, as users compile against it: this project sees no internals. Most of the contract is tested by
/// compiling.
/// </summary>
public sealed class ContractTests
{
    private static readonly CiamAccessToken Token =
        new("header.payload.signature", TimeSpan.FromSeconds(299), DateTimeOffset.UnixEpoch.AddSeconds(299), "a b");

    [Fact]
    public void The_options_have_the_members_and_defaults_of_the_contract()
    {
        var options = new CiamClientCredentialsOptions();
        Uri? authority = options.Authority;
        string clientId = options.ClientId;
        string clientSecret = options.ClientSecret;
        string? scope = options.Scope;
        CiamClientAuthentication authentication = options.ClientAuthentication;
        TimeSpan? refreshBeforeExpiration = options.RefreshBeforeExpiration;
        TimeSpan? expirationMargin = options.ExpirationMargin;
        TimeSpan requestTimeout = options.RequestTimeout;
        TimeSpan acquisitionTimeout = options.AcquisitionTimeout;
        bool allowInsecureHttp = options.AllowInsecureHttp;
        CiamStartupMode startupMode = options.StartupMode;
        bool keepWarm = options.KeepWarm;

        Assert.Null(authority);
        Assert.Equal("", clientId);
        Assert.Equal("", clientSecret);
        Assert.Null(scope);
        Assert.Equal(CiamClientAuthentication.ClientSecretPost, authentication);
        Assert.NotEqual(CiamClientAuthentication.ClientSecretBasic, authentication);
        Assert.Null(refreshBeforeExpiration);
        Assert.Null(expirationMargin);
        Assert.Equal(TimeSpan.FromSeconds(10), requestTimeout);
        Assert.Equal(TimeSpan.FromSeconds(30), acquisitionTimeout);
        Assert.False(allowInsecureHttp);
        Assert.Equal(CiamStartupMode.Lazy, startupMode);
        Assert.Equal(["Lazy", "Warm", "Required"], Enum.GetNames<CiamStartupMode>());
        Assert.False(keepWarm);
        AllAreSettable<CiamClientCredentialsOptions>();
    }

    [Fact]
    public void The_handler_options_have_the_members_and_defaults_of_the_contract()
    {
        var options = new CiamBearerTokenHandlerOptions { Scope = "a", AllowInsecureHttp = true, RetryOnUnauthorized = false };
        ICollection<Uri> origins = options.AllowedOrigins;
        origins.Add(new Uri("https://api.example.com"));

        Assert.Equal([new Uri("https://api.example.com")], options.AllowedOrigins);
        Assert.Null(new CiamBearerTokenHandlerOptions().Scope);
        Assert.False(new CiamBearerTokenHandlerOptions().AllowInsecureHttp);
        Assert.True(new CiamBearerTokenHandlerOptions().RetryOnUnauthorized);
        Assert.False(new CiamBearerTokenHandlerOptions().ReplaceAuthorization);
        Assert.Null(new CiamBearerTokenHandlerOptions().SelectClient);
        Assert.Null(new CiamBearerTokenHandlerOptions().SelectScope);
    }

    [Fact]
    public void The_token_client_has_the_methods_of_the_contract()
    {
        Func<CiamTokenClient, string?, CancellationToken, Task<CiamTokenResult>> request =
            (client, scope, cancellationToken) => client.RequestTokenAsync(scope, cancellationToken);
        Func<CiamTokenClient, Task<CiamTokenResult>> requestByDefault = client => client.RequestTokenAsync();
        Func<CiamTokenClient, Task<CiamTokenError?>> revoke = client => client.RevokeTokenAsync("token");

        Assert.NotNull(request);
        Assert.NotNull(requestByDefault);
        Assert.NotNull(revoke);
    }

    [Fact]
    public void A_result_is_a_token_or_an_error()
    {
        CiamTokenResult success = new CiamTokenResult.Success(Token);
        CiamTokenResult failure = new CiamTokenResult.Failure(new CiamTokenError.UnauthorizedClient());

        Assert.True(success.TryGetToken(out var token, out var noError));
        Assert.Same(Token, token);
        Assert.Null(noError);
        Assert.False(failure.TryGetToken(out var noToken, out var error));
        Assert.Null(noToken);
        Assert.IsType<CiamTokenError.UnauthorizedClient>(error);
        Assert.Same(Token, success.GetTokenOrThrow());
        var thrown = Assert.Throws<CiamTokenException>(() => failure.GetTokenOrThrow());
        Assert.Same(error, thrown.Error);
        Assert.Equal(Describe(success), Describe(new CiamTokenResult.Success(Token)));

        static string Describe(CiamTokenResult result) => result switch
        {
            CiamTokenResult.Success(var token) => token.ToString(),
            CiamTokenResult.Failure(var error) => error.Message,
            _ => throw new InvalidOperationException("closed"),
        };
    }

    [Fact]
    public void A_test_can_construct_every_error()
    {
        CiamTokenError[] errors =
        [
            new CiamTokenError.InvalidClient(),
            new CiamTokenError.UnauthorizedClient(),
            new CiamTokenError.InvalidScope("orders.read"),
            new CiamTokenError.OtherOAuthError("invalid_request"),
            new CiamTokenError.UnusableResponse("not_json", "The response is HTML."),
            new CiamTokenError.EndpointUnavailable(exception: new IOException("reset")),
            new CiamTokenError.ClientNotConfigured(isTransient: true, exception: new IOException("down")),
        ];

        Assert.Equal(
            [
                "invalid_client", "unauthorized_client", "invalid_scope", "invalid_request", "not_json", "server_unavailable",
                "client_not_found",
            ],
            errors.Select(error => error.Code));
        Assert.Equal(["client", "client", "orders.read", "other", "unusable", "reset", "down"], errors.Select(Kind));
        Assert.Equal([false, false, false, false, false, true, true], errors.Select(error => error.IsTransient));
        foreach (var error in errors)
        {
            string message = error.Message;
            HttpStatusCode? statusCode = error.StatusCode;
            string? description = error.Description;
            TimeSpan? retryAfter = error.RetryAfter;

            Assert.NotEmpty(message);
            Assert.Null(description);
            Assert.Null(retryAfter);
            Assert.Equal(statusCode, new CiamTokenException(error).StatusCode);
            Assert.Equal(message, new CiamTokenException(error).Message);
        }

        static string? Kind(CiamTokenError error) => error switch
        {
            CiamTokenError.InvalidClient or CiamTokenError.UnauthorizedClient => "client",
            CiamTokenError.InvalidScope { RequestedScope: var scope } => scope,
            CiamTokenError.OtherOAuthError => "other",
            CiamTokenError.UnusableResponse => "unusable",
            CiamTokenError.EndpointUnavailable { Exception: var exception } => exception?.Message,
            CiamTokenError.ClientNotConfigured { Exception: var exception } => exception?.Message,
            _ => throw new InvalidOperationException("closed"),
        };
    }

    [Theory]
    [InlineData(typeof(CiamTokenResult))]
    [InlineData(typeof(CiamTokenError))]
    public void The_result_and_error_hierarchies_are_closed(Type hierarchy)
    {
        Assert.True(hierarchy.IsAbstract);
        Assert.All(hierarchy.GetNestedTypes(), kind => Assert.True(kind.IsSealed && kind.BaseType == hierarchy));

        // A record's copy constructor cannot be private: this is the member that no other assembly can implement.
        Assert.Contains(
            hierarchy.GetMethods(BindingFlags.Instance | BindingFlags.NonPublic),
            method => method is { IsAbstract: true, IsFamilyAndAssembly: true });
        Assert.All(
            hierarchy.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic),
            constructor => Assert.True(
                constructor.IsPrivate || constructor.GetParameters() is [{ } only] && only.ParameterType == hierarchy));
    }

    [Fact]
    public void CiamTokenException_is_an_HttpRequestException_with_the_status_of_its_error()
    {
        HttpRequestException exception = new CiamTokenException(new CiamTokenError.InvalidClient());

        Assert.Equal(HttpStatusCode.Unauthorized, exception.StatusCode);
        Assert.Throws<ArgumentNullException>(() => new CiamTokenException(null!));
    }

    [Fact]
    public void An_access_token_has_the_members_of_the_contract_and_ToString_hides_its_value()
    {
        string value = Token.Value;
        string? scope = Token.Scope;
        TimeSpan lifetime = Token.Lifetime;
        DateTimeOffset expiresAt = Token.ExpiresAt;

        Assert.Equal("header.payload.signature", value);
        Assert.Equal("a b", scope);
        Assert.Equal(TimeSpan.FromSeconds(299), lifetime);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(299), expiresAt);
        Assert.Null(new CiamAccessToken("t", default, default).Scope);
        Assert.DoesNotContain("payload", Token.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("=")]
    [InlineData("a b")]
    [InlineData("a\r\nb")]
    [InlineData("\u00e9")]
    [InlineData("a=b")]
    public void A_malformed_token_value_or_lifetime_throws_ArgumentException(string value)
    {
        var thrown = Assert.Throws<ArgumentException>(() => new CiamAccessToken(value, default, default));

        Assert.Equal("value", thrown.ParamName);
        Assert.Throws<ArgumentNullException>(() => new CiamAccessToken(null!, default, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CiamAccessToken("t", TimeSpan.FromTicks(-1), default));
    }

    [Fact]
    public void ReadJwt_reads_a_JWT_and_rejects_other_values_without_repeating_them()
    {
        JwtSecurityToken jwt = new CiamAccessToken("eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.", default, default).ReadJwt();

        Assert.Equal("me", jwt.Subject);
        foreach (var value in (string[])["opaque-value", "a.b.c", "eyJhbGciOiJub25lIn0.bm8ganNvbg.c2ln"])
        {
            var thrown = Assert.Throws<InvalidOperationException>(() => new CiamAccessToken(value, default, default).ReadJwt());
            Assert.DoesNotContain(value, thrown.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_token_provider_can_be_faked()
    {
        ICiamTokenProvider provider = new FakeProvider();

        Func<ICiamTokenProvider, ValueTask<CiamAccessToken>> byDefault = any => any.GetTokenAsync();

        Assert.Same(Token, await byDefault(provider));
        Assert.Same(Token, await provider.GetTokenAsync("scope", TestContext.Current.CancellationToken));
        provider.Invalidate(Token);
    }

    [Fact]
    public void The_handler_can_be_created_with_and_without_options()
    {
        DelegatingHandler handler = new CiamBearerTokenHandler(new FakeProvider());
        DelegatingHandler configured = new CiamBearerTokenHandler(new FakeProvider(), new CiamBearerTokenHandlerOptions());

        handler.Dispose();
        configured.Dispose();
    }

    [Fact]
    public void Every_registration_overload_can_be_called()
    {
        var services = new ServiceCollection();
        IConfiguration section = new ConfigurationBuilder().Build();
        ICiamClientCredentialsBuilder builder = services.AddCiamClientCredentials();
        services.AddCiamClientCredentials((CiamClientCredentialsOptions options) => options.ClientId = "id");
        services.AddCiamClientCredentials(section);
        services.AddCiamClientCredentials("name");
        services.AddCiamClientCredentials("name", (CiamClientCredentialsOptions options) => options.ClientId = "id");
        services.AddCiamClientCredentials("name", section);
        services.AddCiamClientCredentials(
            (IServiceProvider provider, CiamClientCredentialsOptions options) => options.ClientId = $"{provider}");
        services.AddCiamClientCredentials(
            "name", (IServiceProvider provider, CiamClientCredentialsOptions options) => options.ClientId = $"{provider}");

        // The number of parameters tells the overloads apart.
        services.AddCiamClientCredentials(options => options.ClientId = "id");
        services.AddCiamClientCredentials((provider, options) => options.ClientId = $"{provider}");
        services.AddCiamClientCredentials("name", options => options.ClientId = "id");
        services.AddCiamClientCredentials("name", (provider, options) => options.ClientId = $"{provider}");
        IHttpClientBuilder tokenEndpoint = builder;
        IHttpClientBuilder api = services.AddHttpClient("api")
            .AddCiamClientCredentialsHandler()
            .AddCiamClientCredentialsHandler(options => options.Scope = "a")
            .AddCiamClientCredentialsHandler("name")
            .AddCiamClientCredentialsHandler("name", options => options.Scope = "a");

        Assert.NotEmpty(tokenEndpoint.Services);
        Assert.NotEmpty(tokenEndpoint.Name);
        Assert.Equal("api", api.Name);
    }

    [Fact]
    public void A_health_check_can_be_registered_with_and_without_arguments()
    {
        var services = new ServiceCollection();

        IHealthChecksBuilder checks = services.AddHealthChecks()
            .AddCiamClientCredentials()
            .AddCiamClientCredentials("name")
            .AddCiamClientCredentials(name: "other", failureStatus: HealthStatus.Degraded, tags: ["ready"]);

        Assert.Same(services, checks.Services);
    }

    private static void AllAreSettable<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>()
        => Assert.All(typeof(T).GetProperties(), property => Assert.True(property.SetMethod!.IsPublic));

    private sealed class FakeProvider : ICiamTokenProvider
    {
        public ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
            => new(Token);

        public void Invalidate(CiamAccessToken token)
        {
        }
    }
}
