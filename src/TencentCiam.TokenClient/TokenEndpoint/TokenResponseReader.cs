using System.IdentityModel.Tokens.Jwt;
using System.Net;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>Judges an answer: the status first, then the body.</summary>
internal static class TokenResponseReader
{
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(1);
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromSeconds(60);

    /// <summary>The answer to a token request.</summary>
    public static async ValueTask<CiamTokenResult> ReadTokenAsync(
        HttpResponseMessage response,
        TokenRequestContext context,
        CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new CiamTokenResult.Failure(await ReadErrorAsync(response, context, cancellationToken).ConfigureAwait(false));
        }

        var bytes = await BoundedBody.ReadAsync(response.Content, cancellationToken).ConfigureAwait(false);
        if (bytes is null)
        {
            return new CiamTokenResult.Failure(TooLarge(response, context));
        }

        if (TokenResponseBody.Read(bytes.Value.Span) is not { } body)
        {
            return Unusable("not_json", $"with something else than a JSON object{DescribeContent(response, context)}, or with "
                + "one whose members contradict each other. Either a proxy or a login page answers in its place, or the option "
                + "Authority is not the address of a CIAM portal.");
        }

        if (string.IsNullOrEmpty(body.AccessToken))
        {
            return Unusable("no_access_token", "without an access_token. Check that the option Authority is the address of a "
                + "CIAM portal.", body.ErrorDescription);
        }

        // RFC 6749 section 7.1: a client must not use a token of a type that it does not understand. Section 5.1: in any case.
        if (!string.Equals(body.TokenType, "Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return Unusable("unsupported_token_type", "with a token whose token_type is "
                + (body.TokenType is null ? "missing" : $"\"{context.RedactSecrets(body.TokenType, body.AccessToken)}\"")
                + ", and only Bearer is understood. Check the application's settings in the CIAM console.");
        }

        // RFC 6750 section 2.1; anything else could smuggle a header into the requests that carry the token.
        if (!CiamAccessToken.IsB64Token(body.AccessToken))
        {
            return Unusable("no_access_token", "with an access_token that has characters no bearer token may have (RFC 6750 "
                + "section 2.1). Check that the option Authority is the address of a CIAM portal.");
        }

        var life = Life(body);
        var scope = body.Scope is { } granted
            && OAuthScope.IsWellFormed(granted)
            && context.RedactSecrets(granted, body.AccessToken) == granted
                ? granted
                : null;
        var difference = ClockDifference(response, context.SentAt, context.TimeProvider.GetUtcNow());
        return new CiamTokenResult.Success(
            new CiamAccessToken(body.AccessToken, life, context.SentAt + life, scope, difference));

        CiamTokenResult.Failure Unusable(string code, string problem, string? description = null)
            => new(new CiamTokenError.UnusableResponse(
                code,
                $"The CIAM portal answered the request of {context.Application} {problem}",
                response.StatusCode,
                context.RedactSecrets(description)));
    }

    /// <summary>The answer to a revocation (RFC 7009 section 2.2): null when the token is revoked, also when it was unknown.</summary>
    public static async ValueTask<CiamTokenError?> ReadRevocationAsync(
        HttpResponseMessage response,
        TokenRequestContext context,
        CancellationToken cancellationToken)
        => response.StatusCode == HttpStatusCode.OK
            ? null
            : await ReadErrorAsync(response, context, cancellationToken).ConfigureAwait(false);

    private static async ValueTask<CiamTokenError> ReadErrorAsync(
        HttpResponseMessage response,
        TokenRequestContext context,
        CancellationToken cancellationToken)
    {
        var status = response.StatusCode;

        // Before the body: Spring Boot's own failure body has a member "error" that is no OAuth code, and a gateway sends HTML.
        if (status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500)
        {
            return new CiamTokenError.EndpointUnavailable(
                status == HttpStatusCode.TooManyRequests ? "too_many_requests" : "server_unavailable",
                status == HttpStatusCode.TooManyRequests
                    ? $"CIAM limits the rate of token requests of {context.Application} (HTTP 429). See that every process "
                        + "caches its tokens, and ask the tenant's administrator for the limit if it goes on."
                    : $"The CIAM portal cannot serve {context.Application} at the moment (HTTP {(int)status}). If it goes on, "
                        + "ask the tenant's administrator for the state of the portal.",
                status,
                await ReadDescriptionAsync(response, context, cancellationToken).ConfigureAwait(false),
                isTransient: true,
                RetryAfter(response, context));
        }

        if ((int)status is < 400)
        {
            return (int)status is >= 300
                ? new CiamTokenError.UnusableResponse(
                    "redirect",
                    $"The CIAM portal redirected the request of {context.Application} (HTTP {(int)status}) to "
                    + $"{DescribeOrigin(response, context)}. That is not followed, because the secret would go there. Set the option "
                    + "Authority to the address where the portal really is.",
                    status)
                : UnexpectedStatus(response, context);
        }

        // A 401 says enough by itself, even if its body breaks off.
        var bytes = status == HttpStatusCode.Unauthorized
            ? await TryReadAsync(response, cancellationToken).ConfigureAwait(false)
            : await BoundedBody.ReadAsync(response.Content, cancellationToken).ConfigureAwait(false);
        var body = bytes is null ? null : TokenResponseBody.Read(bytes.Value.Span);
        var description = context.RedactSecrets(body?.ErrorDescription);
        return OAuthError(body, response, context) switch
        {
            "invalid_client" => new CiamTokenError.InvalidClient(status, description, context.Application),
            "unauthorized_client" => new CiamTokenError.UnauthorizedClient(status, description, context.Application),
            "invalid_scope" => new CiamTokenError.InvalidScope(context.Scope, status, description, context.Application),
            { } code => new CiamTokenError.OtherOAuthError(
                code,
                status,
                description,
                isTransient: code is "temporarily_unavailable" or "server_error",
                RetryAfter(response, context),
                context.Application),

            // CIAM says nothing at all when the credentials are no credentials [S].
            null when status == HttpStatusCode.Unauthorized
                => new CiamTokenError.InvalidClient(status, description, context.Application),
            null when bytes is null => TooLarge(response, context),
            null => UnexpectedStatus(response, context),
        };
    }

    // RFC 6749 section 5.2; its characters are those of scopes. Spring Boot's own failure body has the status's reason phrase
    // where OAuth has its code [S].
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
        CancellationToken cancellationToken)
        => await TryReadAsync(response, cancellationToken).ConfigureAwait(false) is { } bytes
            ? context.RedactSecrets(TokenResponseBody.Read(bytes.Span)?.ErrorDescription)
            : null;

    // Where the status has said enough: a body that breaks off must not hide it, nor a Retry-After.
    private static async ValueTask<ReadOnlyMemory<byte>?> TryReadAsync(
        HttpResponseMessage response,
        CancellationToken cancellationToken)
    {
        try
        {
            return await BoundedBody.ReadAsync(response.Content, cancellationToken).ConfigureAwait(false);
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

    private static TimeSpan Life(TokenResponseBody body)
        => body.ExpiresInSeconds is { } seconds
            ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, MaxLifetime.TotalSeconds))
            : LifeByJwt(body.AccessToken!) ?? DefaultLifetime;

    // RFC 9068 section 6 asks clients not to look into the token; this is for the one case where the answer says nothing.
    private static TimeSpan? LifeByJwt(string accessToken)
    {
        try
        {
            var payload = new JwtSecurityToken(accessToken).Payload;
            return payload.Expiration is { } exp && payload.TryGetValue("iat", out var iat)
                ? TimeSpan.FromSeconds(Math.Clamp(
                    exp - Convert.ToDouble(iat, System.Globalization.CultureInfo.InvariantCulture),
                    0,
                    MaxLifetime.TotalSeconds))
                : null;
        }
#pragma warning disable CA1031 // Whatever a token holds that is no JWT, it is still a usable bearer token.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    // RFC 9110 section 10.2.3: seconds or a date. The date is read against the answer's own Date where it has one, so that
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
        => new(
            "response_too_large",
            $"The CIAM portal answered the request of {context.Application} with more than {BoundedBody.MaxBytes} bytes"
            + $"{DescribeContent(response, context)}. Check that the option Authority is the address of a CIAM portal.",
            response.StatusCode);

    private static CiamTokenError.UnusableResponse UnexpectedStatus(HttpResponseMessage response, TokenRequestContext context)
        => new(
            "unexpected_status",
            $"The CIAM portal answered the request of {context.Application} with HTTP {(int)response.StatusCode} and no OAuth "
            + $"error{DescribeContent(response, context)}. Check that the option Authority is the address of a CIAM portal, "
            + "with no path behind it, and that no proxy or firewall answers in its place.",
            response.StatusCode);

    private static string DescribeContent(HttpResponseMessage response, TokenRequestContext context)
    {
        var type = context.RedactSecrets(response.Content.Headers.ContentType?.MediaType) ?? "no Content-Type";
        var encoding = context.RedactSecrets(string.Join(", ", response.Content.Headers.ContentEncoding));
        return string.IsNullOrEmpty(encoding) ? $" ({type})" : $" ({type}, Content-Encoding {encoding})";
    }

    // Never the whole Location: it may repeat what was sent. Nor its origin, if it does: a secret with a slash may begin there.
    private static string DescribeOrigin(HttpResponseMessage response, TokenRequestContext context)
        => response.Headers.Location switch
        {
            null => "nowhere",
            { IsAbsoluteUri: true } location
                => context.RedactSecrets(location.OriginalString) is var told && told == location.OriginalString
                    ? context.RedactSecrets(location.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped))!
                    : told!,
            _ => "a relative address",
        };
}
