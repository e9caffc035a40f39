namespace TencentCiam.TokenClient;

/// <summary>No token could be obtained. <see cref="Exception.Message"/> says what happened and what to do about it.</summary>
/// <remarks>
/// An <see cref="HttpRequestException"/>, so that code which handles failed calls handles this too: the request that needed the
/// token was never sent. <see cref="HttpRequestException.StatusCode"/> is the token endpoint's.
/// </remarks>
public sealed class CiamTokenException : HttpRequestException
{
    /// <summary>Creates the exception for an error.</summary>
    /// <param name="error">What the token endpoint responded, or why it did not.</param>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public CiamTokenException(CiamTokenError error)
        : base(
            (error ?? throw new ArgumentNullException(nameof(error))).Message,
            error.Cause,
            error.StatusCode)
    {
        Error = error;
    }

    /// <summary>Creates it with another message: at the start of the host, it names the client.</summary>
    internal CiamTokenException(CiamTokenError error, string message)
        : base(message, error.Cause, error.StatusCode) => Error = error;

    /// <summary>The error; its type says which kind it is.</summary>
    public CiamTokenError Error { get; }
}
