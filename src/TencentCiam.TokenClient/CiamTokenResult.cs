using System.Diagnostics.CodeAnalysis;

namespace TencentCiam.TokenClient;

/// <summary>The outcome of a token request: <see cref="Success"/> or <see cref="Failure"/>, and nothing else.</summary>
public abstract record CiamTokenResult
{
    private CiamTokenResult()
    {
    }

    // A record's copy constructor cannot be private; a member that other assemblies cannot implement closes the hierarchy.
    private protected abstract (CiamAccessToken? Token, CiamTokenError? Error) Parts { get; }

    /// <summary>A token.</summary>
    /// <param name="Token">The token, checked to be usable.</param>
    public sealed record Success(CiamAccessToken Token) : CiamTokenResult
    {
        private protected override (CiamAccessToken?, CiamTokenError?) Parts => (Token, null);
    }

    /// <summary>No token.</summary>
    /// <param name="Error">Why there is none; its type says which kind of error it is.</param>
    public sealed record Failure(CiamTokenError Error) : CiamTokenResult
    {
        private protected override (CiamAccessToken?, CiamTokenError?) Parts => (null, Error);
    }

    /// <summary>Deconstructs the result: either <paramref name="token"/> or <paramref name="error"/> is set.</summary>
    /// <param name="token">The token of a <see cref="Success"/>, otherwise null.</param>
    /// <param name="error">The error of a <see cref="Failure"/>, otherwise null.</param>
    /// <returns>True for a <see cref="Success"/>.</returns>
    public bool TryGetToken([NotNullWhen(true)] out CiamAccessToken? token, [NotNullWhen(false)] out CiamTokenError? error)
    {
        (token, error) = Parts;
        return token is not null;
    }

    /// <summary>Returns the token, or throws if there is none.</summary>
    /// <returns>The token of a <see cref="Success"/>.</returns>
    /// <exception cref="CiamTokenException">The result is a <see cref="Failure"/>.</exception>
    public CiamAccessToken GetTokenOrThrow()
        => TryGetToken(out var token, out var error) ? token : throw new CiamTokenException(error);
}
