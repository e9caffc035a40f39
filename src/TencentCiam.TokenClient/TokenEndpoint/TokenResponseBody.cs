using System.Globalization;
using System.Text.Json;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>
/// The relevant members of a token endpoint's JSON object (RFC 6749 sections 5.1 and 5.2). Read with
/// <see cref="Utf8JsonReader"/> and not into a serializer's type, because a serializer takes the last of several members with
/// one name, and duplicate members that conflict have to be rejected.
/// </summary>
internal struct TokenResponseBody
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private Member<string?> _accessToken;
    private Member<string?> _tokenType;
    private Member<double?> _expiresIn;
    private Member<string?> _scope;
    private Member<string?> _error;
    private Member<string?> _errorDescription;

    public readonly string? AccessToken => _accessToken.Value;

    public readonly string? TokenType => _tokenType.Value;

    /// <summary>A number, or a string that contains one. Anything else counts as absent.</summary>
    public readonly double? ExpiresInSeconds => _expiresIn.Value;

    public readonly string? Scope => _scope.Value;

    public readonly string? Error => _error.Value;

    public readonly string? ErrorDescription => _errorDescription.Value;

    /// <summary>Returns null for anything but one JSON object without conflicting duplicate members.</summary>
    public static TokenResponseBody? Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.StartsWith(ByteOrderMark))
        {
            utf8 = utf8[ByteOrderMark.Length..];
        }

        try
        {
            var reader = new Utf8JsonReader(utf8);
            var body = new TokenResponseBody();
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && body.ReadMembers(ref reader) ? body : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Utf8JsonReader reports malformed JSON with the first, and malformed UTF-8 or lone surrogates with the second.
            return null;
        }
    }

    private bool ReadMembers(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var agrees = reader.ValueTextEquals("access_token"u8) ? TakeString(ref reader, ref _accessToken)
                : reader.ValueTextEquals("token_type"u8) ? TakeString(ref reader, ref _tokenType)
                : reader.ValueTextEquals("expires_in"u8) ? TakeNumber(ref reader, ref _expiresIn)
                : reader.ValueTextEquals("scope"u8) ? TakeString(ref reader, ref _scope)
                : reader.ValueTextEquals("error"u8) ? TakeString(ref reader, ref _error)
                : reader.ValueTextEquals("error_description"u8) ? TakeString(ref reader, ref _errorDescription)
                : Ignore(ref reader);
            if (!agrees)
            {
                return false;
            }
        }

        // Throws when something follows the object.
        return !reader.Read();
    }

    private static bool TakeString(ref Utf8JsonReader reader, ref Member<string?> member)
    {
        reader.Read();
        return Take(ref reader, ref member, reader.TokenType == JsonTokenType.String ? reader.GetString() : null);
    }

    private static bool TakeNumber(ref Utf8JsonReader reader, ref Member<double?> member)
    {
        reader.Read();
        double? value = reader.TokenType switch
        {
            JsonTokenType.Number => reader.GetDouble(),
            JsonTokenType.String when double.TryParse(
                reader.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && !double.IsNaN(number) => number,
            _ => null,
        };
        return Take(ref reader, ref member, value);
    }

    private static bool Take<T>(ref Utf8JsonReader reader, ref Member<T> member, T value)
    {
        reader.Skip();
        var agrees = !member.IsTaken || EqualityComparer<T>.Default.Equals(member.Value, value);
        member = new Member<T>(value);
        return agrees;
    }

    // RFC 6749 section 5.1: unrecognized members are ignored.
    private static bool Ignore(ref Utf8JsonReader reader)
    {
        reader.Skip();
        return true;
    }

    private readonly struct Member<T>(T value)
    {
        public T Value { get; } = value;

        public bool IsTaken { get; } = true;
    }
}
