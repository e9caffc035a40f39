using System.Net;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>
/// Turns a response into a token or an error: first by its status, then by its body. With <c>synchronously</c>, a returned task
/// is completed unless the body can only be read asynchronously.
/// </summary>
internal static class TokenResponseReader
{
    /// <summary>Reads the response to a token request.</summary>
    public static async ValueTask<CiamTokenResult> ReadTokenAsync(
        HttpResponseMessage response,
        TokenRequestContext context,
        bool synchronously,
        CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new CiamTokenResult.Failure(
                await ReadErrorAsync(response, context, synchronously, cancellationToken).ConfigureAwait(false));
        }

        var bytes = await BoundedBody.ReadAsync(response.Content, synchronously, cancellationToken).ConfigureAwait(false);
        return bytes is null
            ? new CiamTokenResult.Failure(TooLarge(response, context))
            : JudgeToken(TokenResponseBody.Read(bytes.Value.Span), response, context);
    }

    /// <summary>Reads the response to a revocation (RFC 7009 section 2.2): null when the token is revoked, or was unknown.</summary>
    public static async ValueTask<CiamTokenError?> ReadRevocationAsync(
        HttpResponseMessage response,
        TokenRequestContext context,
        bool synchronously,
        CancellationToken cancellationToken)
        => response.StatusCode == HttpStatusCode.OK
            ? null
            : await ReadErrorAsync(response, context, synchronously, cancellationToken).ConfigureAwait(false);

    private static CiamTokenResult JudgeToken(
        TokenResponseBody? read,
        HttpResponseMessage response,
        TokenRequestContext context)
    {
        if (read is not { } body)
        {
            return new CiamTokenResult.Failure(TokenErrors.NotJson(context, DescribeContent(response, context)));
        }

        if (string.IsNullOrEmpty(body.AccessToken))
        {
            return new CiamTokenResult.Failure(
                TokenErrors.NoAccessToken(context, context.RedactSecrets(body.ErrorDescription)));
        }

        // RFC 6749 section 7.1: a client must not use a token of a type that it does not understand. Section 5.1: in any case.
        if (!string.Equals(body.TokenType, "Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return new CiamTokenResult.Failure(
                TokenErrors.UnsupportedTokenType(context, context.RedactSecrets(body.TokenType, body.AccessToken)));
        }

        // RFC 6750 section 2.1; anything else could smuggle a header into the requests that carry the token.
        if (!CiamAccessToken.IsB64Token(body.AccessToken))
        {
            return new CiamTokenResult.Failure(TokenErrors.MalformedAccessToken(context));
        }

        var lifetime = TokenLifetime.Of(body);
        var scope = body.Scope is { } granted
            && OAuthScope.IsWellFormed(granted)
            && context.RedactSecrets(granted, body.AccessToken) == granted
                ? granted
                : null;
        var difference = ClockDifference(response, context.SentAt, context.TimeProvider.GetUtcNow());
        return new CiamTokenResult.Success(
            new CiamAccessToken(body.AccessToken, lifetime, context.SentAt + lifetime, scope, difference));
    }

    private static async ValueTask<CiamTokenError> ReadErrorAsync(
        HttpResponseMessage response,
        TokenRequestContext context,
        bool synchronously,
        CancellationToken cancellationToken)
    {
        var status = response.StatusCode;

        // Before the body: Spring Boot's own failure body has a member "error" that is not an OAuth code, and a gateway sends HTML.
        if (status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500)
        {
            var said = await ReadDescriptionAsync(response, context, synchronously, cancellationToken).ConfigureAwait(false);
            var retryAfter = RetryAfter(response, context);
            return status == HttpStatusCode.TooManyRequests
                ? TokenErrors.TooManyRequests(context, said, retryAfter)
                : TokenErrors.ServerUnavailable(context, status, said, retryAfter);
        }

        if ((int)status is < 400)
        {
            return (int)status is >= 300
                ? TokenErrors.Redirect(context, status, DescribeTarget(response, context))
                : UnexpectedStatus(response, context);
        }

        // A 401 is sufficient by itself, even if its body is cut short.
        var bytes = status == HttpStatusCode.Unauthorized
            ? await TryReadAsync(response, synchronously, cancellationToken).ConfigureAwait(false)
            : await BoundedBody.ReadAsync(response.Content, synchronously, cancellationToken).ConfigureAwait(false);
        var body = bytes is null ? null : TokenResponseBody.Read(bytes.Value.Span);
        var description = context.RedactSecrets(body?.ErrorDescription);
        return OAuthError(body, response, context) switch
        {
            CiamTokenErrorCodes.InvalidClient => new CiamTokenError.InvalidClient(status, description, context.Application),
            CiamTokenErrorCodes.UnauthorizedClient
                => new CiamTokenError.UnauthorizedClient(status, description, context.Application),
            CiamTokenErrorCodes.InvalidScope
                => new CiamTokenError.InvalidScope(context.Scope, status, description, context.Application),
            { } code => new CiamTokenError.OtherOAuthError(
                code,
                status,
                description,
                isTransient: code is "temporarily_unavailable" or "server_error",
                RetryAfter(response, context),
                context.Application),

            // CIAM sends an empty 401 when the request has no usable credentials, see docs/portal-behaviour.md.
            null when status == HttpStatusCode.Unauthorized
                => new CiamTokenError.InvalidClient(status, description, context.Application),
            null when bytes is null => TooLarge(response, context),
            null => UnexpectedStatus(response, context),
        };
    }

    // RFC 6749 section 5.2; its characters are those of scopes. Spring Boot's own failure body has the status's reason phrase
    // where OAuth has its code, see docs/portal-behaviour.md.
    private static string? OAuthError(TokenResponseBody? body, HttpResponseMessage response, TokenRequestContext context)
    {
        if (body?.Error is not { Length: > 0 and <= 100 } code
            || code.AsSpan().ContainsAnyExcept(OAuthScope.Characters)
            || string.IsNullOrWhiteSpace(code)
            || context.RedactSecrets(code) != code)
        {
            return null;
        }

        using var standard = new HttpResponseMessage(response.StatusCode);
        return string.Equals(code, standard.ReasonPhrase, StringComparison.OrdinalIgnoreCase) ? null : code;
    }

    private static async ValueTask<string?> ReadDescriptionAsync(
        HttpResponseMessage response,
        TokenRequestContext context,
        bool synchronously,
        CancellationToken cancellationToken)
        => await TryReadAsync(response, synchronously, cancellationToken).ConfigureAwait(false) is { } bytes
            ? context.RedactSecrets(TokenResponseBody.Read(bytes.Span)?.ErrorDescription)
            : null;

    // Used where the status is sufficient: a body that is cut short must hide neither the status nor a Retry-After.
    private static async ValueTask<ReadOnlyMemory<byte>?> TryReadAsync(
        HttpResponseMessage response,
        bool synchronously,
        CancellationToken cancellationToken)
    {
        try
        {
            return await BoundedBody.ReadAsync(response.Content, synchronously, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    // The portal wrote its Date (RFC 9110 section 6.6.1, whole seconds) some time between the request and now.
    private static TimeSpan? ClockDifference(HttpResponseMessage response, DateTimeOffset sentAt, DateTimeOffset now)
        => response.Headers.Date is not { } date ? null
            : date > now ? date - now
            : date.AddSeconds(1) < sentAt ? date - sentAt
            : TimeSpan.Zero;

    // RFC 9110 section 10.2.3: seconds or a date. The date is read against the response's own Date where it has one, so that
    // a clock that is off does not turn a short wait into a long one.
    private static TimeSpan? RetryAfter(HttpResponseMessage response, TokenRequestContext context)
    {
        var wait = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - (response.Headers.Date ?? context.TimeProvider.GetUtcNow()),
            _ => (TimeSpan?)null,
        };
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static CiamTokenError.UnusableResponse TooLarge(HttpResponseMessage response, TokenRequestContext context)
        => TokenErrors.ResponseTooLarge(context, response.StatusCode, DescribeContent(response, context));

    private static CiamTokenError.UnusableResponse UnexpectedStatus(HttpResponseMessage response, TokenRequestContext context)
        => TokenErrors.UnexpectedStatus(context, response.StatusCode, DescribeContent(response, context));

    private static string DescribeContent(HttpResponseMessage response, TokenRequestContext context)
    {
        var type = context.RedactSecrets(response.Content.Headers.ContentType?.MediaType) ?? "no Content-Type";
        var encoding = context.RedactSecrets(string.Join(", ", response.Content.Headers.ContentEncoding));
        return string.IsNullOrEmpty(encoding) ? type : $"{type}, Content-Encoding {encoding}";
    }

    // Only the origin, because the rest of the Location may repeat what was sent. If the Location contains the secret, not even
    // the origin: a secret that contains a slash may begin there.
    private static string DescribeTarget(HttpResponseMessage response, TokenRequestContext context)
        => response.Headers.Location switch
        {
            null => "nowhere",
            { IsAbsoluteUri: true } location
                => context.RedactSecrets(location.OriginalString) is var shown && shown == location.OriginalString
                    ? context.RedactSecrets(location.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped))!
                    : shown!,
            _ => "a relative address",
        };
}
