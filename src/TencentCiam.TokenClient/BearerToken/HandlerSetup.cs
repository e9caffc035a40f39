using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>A handler's clients, destinations and options, which are read once.</summary>
internal sealed class HandlerSetup
{
    private readonly string? _clientName;
    private readonly ICiamTokenProviderFactory? _providers;
    private readonly string? _scope;
    private readonly Func<HttpRequestMessage, string?>? _selectClient;
    private readonly Func<HttpRequestMessage, string?>? _selectScope;
    private ICiamTokenProvider? _own;

    /// <summary>Of a handler that was created with one provider.</summary>
    public HandlerSetup(ICiamTokenProvider provider, CiamBearerTokenHandlerOptions options, TokenDestinations destinations)
        : this(options, destinations)
    {
        _own = provider;
    }

    /// <param name="clientName">The handler's own client, which is used for requests that choose none.</param>
    /// <param name="providers">Where the providers come from.</param>
    /// <param name="options">The options.</param>
    /// <param name="destinations">Where a token may go.</param>
    public HandlerSetup(
        string clientName,
        ICiamTokenProviderFactory providers,
        CiamBearerTokenHandlerOptions options,
        TokenDestinations destinations)
        : this(options, destinations)
    {
        _clientName = clientName;
        _providers = providers;
    }

    private HandlerSetup(CiamBearerTokenHandlerOptions options, TokenDestinations destinations)
    {
        Destinations = destinations;
        AllowInsecureHttp = options.AllowInsecureHttp;
        RetryOnUnauthorized = options.RetryOnUnauthorized;
        ReplaceAuthorization = options.ReplaceAuthorization;
        _scope = options.Scope;
        _selectClient = options.SelectClient;
        _selectScope = options.SelectScope;
    }

    public TokenDestinations Destinations { get; }

    public bool AllowInsecureHttp { get; }

    public bool RetryOnUnauthorized { get; }

    public bool ReplaceAuthorization { get; }

    /// <summary>Chooses the token of a request.</summary>
    /// <exception cref="InvalidOperationException">There is no such client.</exception>
    public TokenSource Choose(HttpRequestMessage request)
        => new(
            FindProvider(RequestChoice.Client.Of(request) ?? _selectClient?.Invoke(request)),
            RequestChoice.Scope.Of(request) ?? _selectScope?.Invoke(request) ?? _scope);

    private ICiamTokenProvider FindProvider(string? chosen)
    {
        if (_providers is null)
        {
            return chosen is null ? _own! : throw new InvalidOperationException(
                $"The request chose the CIAM client {ClientName.Quote(chosen)}, but its {nameof(CiamBearerTokenHandler)} was created with one token "
                + "provider. Add the handler with AddCiamClientCredentialsHandler(), which finds clients by name.");
        }

        if (chosen is not null && chosen != _clientName)
        {
            return _providers.GetProvider(chosen);
        }

        return _own ??= _providers.GetProvider(_clientName!);
    }
}
