using System.Globalization;
using System.Text;
using System.Text.Json;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>
/// The members of a token endpoint's JSON object that mean something here (RFC 6749 sections 5.1 and 5.2). Read with
/// <see cref="Utf8JsonReader"/> and not into a serializer's type, because that would take the last of several members of
/// one name, and members that disagree have to be refused.
/// </summary>
internal sealed class TokenEndpointBody
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private Member _accessToken;
    private Member _tokenType;
    private Member _scope;
    private Member _error;
    private Member _errorDescription;
    private Member _expiresIn;

    private TokenEndpointBody()
    {
    }

    public string? AccessToken => _accessToken.Value;

    public string? TokenType => _tokenType.Value;

    public string? Scope => _scope.Value;

    public string? Error => _error.Value;

    public string? ErrorDescription => _errorDescription.Value;

    /// <summary>A number, or a string that holds one. Anything else counts as absent.</summary>
    public double? ExpiresInSeconds
        => double.TryParse(_expiresIn.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            && !double.IsNaN(seconds)
                ? seconds
                : null;

    /// <summary>Null for anything but one JSON object whose members do not contradict each other.</summary>
    public static TokenEndpointBody? Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.StartsWith(ByteOrderMark))
        {
            utf8 = utf8[ByteOrderMark.Length..];
        }

        try
        {
            var reader = new Utf8JsonReader(utf8);
            var body = new TokenEndpointBody();
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && body.ReadMembers(ref reader) ? body : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Utf8JsonReader says malformed JSON with the first, and malformed UTF-8 or lone surrogates with the second.
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

        // Throws where something stands behind the object.
        return !reader.Read();
    }

    private static bool TakeString(ref Utf8JsonReader reader, ref Member member)
    {
        reader.Read();
        var value = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return Take(ref reader, ref member, value);
    }

    private static bool TakeNumber(ref Utf8JsonReader reader, ref Member member)
    {
        reader.Read();
        var value = reader.TokenType switch
        {
            JsonTokenType.Number => Encoding.ASCII.GetString(reader.ValueSpan),
            JsonTokenType.String => reader.GetString(),
            _ => null,
        };
        return Take(ref reader, ref member, value);
    }

    private static bool Take(ref Utf8JsonReader reader, ref Member member, string? value)
    {
        reader.Skip();
        var agrees = !member.IsTaken || member.Value == value;
        member = new Member(value);
        return agrees;
    }

    // RFC 6749 section 5.1: unrecognized members are ignored.
    private static bool Ignore(ref Utf8JsonReader reader)
    {
        reader.Skip();
        return true;
    }

    private readonly struct Member(string? value)
    {
        public string? Value { get; } = value;

        public bool IsTaken { get; } = true;
    }
}
