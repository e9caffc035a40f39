using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>
/// Random responses. Each is generated from its own number, which a failure names: with that number in the environment
/// variable RANDOM_RESPONSE, only that response is tested.
/// </summary>
public sealed partial class RandomResponseTests
{
    private const int Responses = 12_000;

    private static readonly int? OnlyThis =
        int.TryParse(Environment.GetEnvironmentVariable("RANDOM_RESPONSE"), CultureInfo.InvariantCulture, out var number) ? number : null;

    private static readonly DateTimeOffset Now = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Any_response_yields_a_token_that_can_be_sent_or_an_error_that_can_be_displayed()
    {
        var first = OnlyThis ?? Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"Responses {first} and following.");
        using var endpoint = new Endpoint();
        using var httpClient = new HttpClient(endpoint);
        var options = new CiamClientCredentialsOptions
        {
            Authority = new Uri("https://sample.portal.tencentciam.com"),
            ClientId = WireClient.ClientId,
            ClientSecret = WireClient.ClientSecret,
        };
        var client = new CiamTokenClient(httpClient, () => options, new FakeTimeProvider(Now));
        var outcomes = new Dictionary<string, int>();

        for (var i = 0; i < (OnlyThis is null ? Responses : 1); i++)
        {
            var response = new RandomResponse(unchecked(first + i));
            endpoint.Next = response;
            try
            {
                var result = await client.RequestTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
                Judge(response, result);
                var outcome = result.TryGetToken(out _, out var error) ? "token" : error.Code;
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Response {unchecked(first + i)}: {response}", e);
            }
        }

        // The responses must be as diverse as they are meant to be, or little was tested.
        if (OnlyThis is null)
        {
            foreach (var outcome in (string[])[
                "token", "not_json", "no_access_token", "unsupported_token_type", "unexpected_status", "redirect",
                "response_too_large", "server_unavailable", "too_many_requests", "invalid_client", "invalid_scope",
                "unauthorized_client", "invalid_request",
            ])
            {
                var count = outcomes.GetValueOrDefault(outcome);
                TestContext.Current.TestOutputHelper!.WriteLine($"{outcome}: {count}");
                Assert.True(count > 0, $"No response led to {outcome}.");
            }
        }
    }

    private static void Judge(RandomResponse response, CiamTokenResult result)
    {
        Assert.DoesNotContain(WireClient.ClientSecret, result.ToString(), StringComparison.OrdinalIgnoreCase);
        if (result.TryGetToken(out var token, out var error))
        {
            Assert.Equal(200, response.Status);
            Assert.Matches(B64Token(), token.Value);
            Assert.InRange(token.Lifetime, TimeSpan.Zero, TimeSpan.FromDays(1));
            Assert.Equal(Now + token.Lifetime, token.ExpiresAt);
            Assert.True(token.Scope is null || ScopeTokens().IsMatch(token.Scope), "not a scope");
            AssertMembersAgree(response.Body, token);
        }
        else
        {
            Assert.Contains(error.GetType(), Kinds(response.Status));
            Assert.Equal(response.Status, (int?)error.StatusCode);
            Assert.Equal(error is CiamTokenError.EndpointUnavailable
                || error.Code is "temporarily_unavailable" or "server_error", error.IsTransient);
            Assert.Null((error as CiamTokenError.EndpointUnavailable)?.Exception);
            AssertDisplayable(error.Code, 100);
            AssertDisplayable(error.Description ?? "", 310);
            AssertDisplayable(error.Message, 2_000);
            Assert.True(error.RetryAfter is null || error.RetryAfter >= TimeSpan.Zero, "a negative wait");
        }

        if (response.Token is { } expected)
        {
            Assert.Equal(expected, Assert.IsType<CiamTokenResult.Success>(result).Token.Value);
        }
    }

    /// <summary>The status takes precedence over the body.</summary>
    private static Type[] Kinds(int status) => status switch
    {
        408 or 429 or >= 500 => [typeof(CiamTokenError.EndpointUnavailable)],
        < 400 => [typeof(CiamTokenError.UnusableResponse)],
        401 => [
            typeof(CiamTokenError.InvalidClient), typeof(CiamTokenError.UnauthorizedClient),
            typeof(CiamTokenError.InvalidScope), typeof(CiamTokenError.OtherOAuthError),
        ],
        _ => [
            typeof(CiamTokenError.InvalidClient), typeof(CiamTokenError.UnauthorizedClient),
            typeof(CiamTokenError.InvalidScope), typeof(CiamTokenError.OtherOAuthError),
            typeof(CiamTokenError.UnusableResponse),
        ],
    };

    /// <summary>All members with these names agree with the token, according to another JSON parser.</summary>
    private static void AssertMembersAgree(byte[] body, CiamAccessToken token)
    {
        using var document = JsonDocument.Parse(body.AsMemory(body is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0));
        var members = document.RootElement.EnumerateObject().ToArray();
        Assert.All(members.Where(member => member.NameEquals("access_token")),
            member => Assert.Equal(token.Value, member.Value.GetString()));
        Assert.All(members.Where(member => member.NameEquals("token_type")),
            member => Assert.Equal("bearer", member.Value.GetString()!.ToLowerInvariant()));
        Assert.Contains(members, member => member.NameEquals("access_token"));
        Assert.Contains(members, member => member.NameEquals("token_type"));
    }

    private static void AssertDisplayable(string text, int longest)
    {
        Assert.InRange(text.Length, 0, longest);
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (category is >= UnicodeCategory.LineSeparator and <= UnicodeCategory.PrivateUse)
            {
                Assert.Fail($"U+{rune.Value:X4} is {category}, in: {text}");
            }
        }

        // A lone surrogate is not a rune.
        Assert.True(text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0
            || text == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), "a lone surrogate");
    }

    [GeneratedRegex("^[A-Za-z0-9._~+/-]+=*\\z")]
    private static partial Regex B64Token();

    [GeneratedRegex("^[!#-\\[\\]-~]+( [!#-\\[\\]-~]+)*\\z")]
    private static partial Regex ScopeTokens();

    /// <summary>One random response: status, headers, body and how the body arrives.</summary>
    private sealed class RandomResponse
    {
        private static readonly int[] Statuses =
            [201, 204, 206, 299, 300, 302, 307, 400, 400, 400, 400, 401, 401, 403, 404, 408, 422, 429, 500, 503, 599, 999];

        private static readonly string[] Seeds =
        [
            Documented.Response,
            """{"access_token":"opaque","token_type":"Bearer","expires_in":299,"scope":"a b"}""",
            """ { "token_type" : "bearer" , "access_token" : "t" } """,
            """{"error":"invalid_client"}""",
            """{"error":"invalid_scope","error_description":"no such scope"}""",
            """{"error":"unauthorized_client","error_description":"TENANT_CLIENT_SECRET"}""",
            """{"error":"invalid_request","error_description":"OAuth 2.0 Parameter: scope","error_uri":"https://x"}""",
            """{"error":"temporarily_unavailable","error_description":"soon"}""",
            $$"""{"error":"invalid_request","error_description":"{{string.Concat(Enumerable.Repeat("\ud83d\ude00\\u0007 ", 500))}}"}""",
            """{"timestamp":1,"status":500,"error":"Internal Server Error","path":"/oauth2/token"}""",
            "<html><body>Bad Gateway</body></html>",
            "",
        ];

        private static readonly string[] Names =
            ["access_token", "token_type", "expires_in", "scope", "error", "error_description", "error_uri", "x", "", "acc\\u0065ss_token"];

        private static readonly string[] Values =
        [
            "\"t\"", "\"Bearer\"", "\"bearer\"", "\"a b\"", "299", "\"299\"", "-1", "0", "1e400", "-1e400", "1e-400", "\"NaN\"",
            "\"Infinity\"", "\"-Infinity\"", "99999999999999999999999999999999", "0.1", "\"0x10\"", "\"1,000\"", "null", "true",
            "{}", "[]", "{\"access_token\":\"u\"}", "[[[[1]]]]", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\\r\\n\\u001b[31m\"",
            "\"\\u202e\\u2028\\u200b\\ufeff\"", "\"\\ud83d\\ude00\"", "\"invalid_client\"", "\"invalid_scope\"", "\"x==\"", "\"=\"",
            "\"TENANT_CLIENT_SECRET\"", "\"tenant_client_secret\\n\"", "\"VEVOQU5UX0NMSUVOVF9JRDpURU5BTlRfQ0xJRU5UX1NFQ1JFVA==\"",
            "\"eyJhbGciOiJub25lIn0.eyJleHAiOjFlNDAwLCJpYXQiOi0xZTQwMH0.\"", "\"a.b.c\"", "\"...\"", "01", "NaN", "'t'", "\"",
        ];

        private static readonly string[] RetryAfters =
        [
            "0", "1", "17", "-1", "1000000000", "2147483648", "99999999999999999999", "1.5", "soon", "", "Mon, 23 Nov 2026 08:00:42 GMT",
            "Mon, 23 Nov 2020 08:00:42 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "17, 18", "\u0001",
        ];

        private static readonly string[] Others =
        [
            "Content-Type", "Content-Encoding", "Content-Length", "Content-Range", "Content-Language", "Location", "Date", "WWW-Authenticate",
            "Set-Cookie", "Transfer-Encoding", "Trailer", "Warning", "Cache-Control",
        ];

        private static readonly string[] OtherValues =
        [
            "application/json", "application/json;charset=UTF-16", "text/html", "nonsense", "", "gzip", "gzip, \u0001", "TENANT_CLIENT_SECRET",
            "application/TENANT_CLIENT_SECRET", "https://TENANT_CLIENT_SECRET.example.com/", "https://h/TENANT_CLIENT_SECRET", "/x", "//h:1/",
            "javascript:x", "http://[::1]:99999/", "mailto:a@b", "https://\u00E9\u202E.example.com/", "file:///etc/passwd", "-1", "0", "1", "1048577",
            "9223372036854775808", "Mon, 23 Nov 2026 08:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "chunked",
        ];

        private readonly Random _random;
        private readonly List<(string Name, string Value)> _headers = [];
        private readonly bool _dribbles;

        public RandomResponse(int number)
        {
            _random = new Random(number);
            Status = Chance(2) ? 200 : Pick(Statuses);
            _dribbles = Chance(3);
            switch (_random.Next(100))
            {
                case < 10:
                    Body = Encoding.UTF8.GetBytes(ValidToken());
                    break;
                case < 45:
                    Body = Encoding.UTF8.GetBytes(Object(0));
                    break;
                case < 99:
                    Body = Mutate(Encoding.UTF8.GetBytes(Chance(4) ? Object(0) : Pick(Seeds)));
                    break;
                default:
                    // Around the cap, where a token may still be read and where it may not.
                    Body = Encoding.UTF8.GetBytes(Pick(Seeds).PadRight((1024 * 1024) - 1 + _random.Next(3)));
                    break;
            }

            for (var count = _random.Next(4); count > 0; count--)
            {
                _headers.Add(Chance(3) ? ("Retry-After", Pick(RetryAfters)) : (Pick(Others), Pick(OtherValues)));
            }

            // A body with a Content-Length that is too large is rejected unread.
            Token = Status == 200 && !_headers.Exists(header => header.Name == "Content-Length") ? Token : null;
        }

        public int Status { get; }

        public byte[] Body { get; }

        /// <summary>The token, if this is a well-formed response that must be accepted.</summary>
        public string? Token { get; private set; }

        public HttpResponseMessage ToResponse()
        {
            var response = new HttpResponseMessage((HttpStatusCode)Status)
            {
                Content = _dribbles ? new StreamContent(new Dribble(Body)) : new ByteArrayContent(Body),
            };
            foreach (var (name, value) in _headers)
            {
                if (!response.Headers.TryAddWithoutValidation(name, value))
                {
                    response.Content.Headers.TryAddWithoutValidation(name, value);
                }
            }

            return response;
        }

        public override string ToString()
            => $"{Status} [{string.Join(" | ", _headers)}] {Body.Length} bytes, {(Body.Length > 4096 ? "beginning with" : "in base64")} "
                + Convert.ToBase64String(Body.AsSpan(0, Math.Min(Body.Length, 4096)));

        private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

        private T Pick<T>(T[] choices) => choices[_random.Next(choices.Length)];

        private string Space() => Chance(4) ? Pick([" ", "\t", "\r\n", "  "]) : "";

        private string ValidToken()
        {
            const string Characters = "ABCxyz019-._~+/";
            var value = new StringBuilder();
            for (var length = _random.Next(1, 60); length > 0; length--)
            {
                value.Append(Characters[_random.Next(Characters.Length)]);
            }

            Token = value.Append('=', _random.Next(3)).ToString();
            var members = new List<string>
            {
                $"\"access_token\":\"{Token}\"",
                $"\"token_type\"{Space()}:\"{Pick(["Bearer", "bearer", "BEARER", "\\u0042earer"])}\"",
            };
            if (Chance(2))
            {
                members.Add($"\"expires_in\"{Space()}:{Pick(["299", "\"299\"", "0", "-7", "1e9", "null", "{}", "2.5"])}");
            }

            for (var more = _random.Next(4); more > 0; more--)
            {
                members.Insert(_random.Next(members.Count + 1), Pick(
                [
                    "\"x\":{\"access_token\":\"u\",\"y\":[1,{\"token_type\":\"mac\"}]}", "\"x\":null", "\"\":\"\\ud83d\\ude00\"",
                    "\"scope\":\"a b\"", $"\"access_token\":\"{Token}\"", "\"refresh_token\":\"r\"",
                ]));
            }

            return $"{Pick(["", "", "\uFEFF"])}{Space()}{{{string.Join($"{Space()},{Space()}", members)}}}{Space()}";
        }

        private string Object(int depth)
        {
            var members = new List<string>();
            for (var count = _random.Next(7); count > 0; count--)
            {
                members.Add($"{Space()}\"{Pick(Names)}\"{Space()}:{Space()}{Value(depth)}");
            }

            return $"{{{string.Join(',', members)}}}";
        }

        private string Value(int depth) => _random.Next(12) switch
        {
            0 when depth < 4 => Object(depth + 1),
            1 => $"\"{Text(_random.Next(Chance(10) ? 3_000 : 20))}\"",
            2 => Nest(_random.Next(Chance(3) ? 200 : 20)),
            3 => string.Create(CultureInfo.InvariantCulture, $"{(_random.NextDouble() - 0.5) * Math.Pow(10, _random.Next(-9, 300)):R}"),
            _ => Pick(Values),
        };

        private string Nest(int depth)
            => Chance(2)
                ? new string('[', depth) + new string(']', depth)
                : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);

        /// <summary>Any characters: some escaped, some lone surrogates.</summary>
        private string Text(int length)
        {
            var text = new StringBuilder();
            for (; length > 0; length--)
            {
                var character = (char)(Chance(3) ? _random.Next(0x10000) : _random.Next(' ', 0x7F));
                text.Append(Chance(4)
                    ? $"\\u{(int)character:x4}"
                    : character is '"' or '\\' or < ' ' && !Chance(20) ? "." : character.ToString());
            }

            return text.ToString();
        }

        private byte[] Mutate(byte[] body)
        {
            var bytes = new List<byte>(body);
            for (var count = _random.Next(1, 5); count > 0; count--)
            {
                var at = _random.Next(bytes.Count + 1);
                var length = _random.Next(Math.Min(bytes.Count - at, Chance(4) ? 500 : 8) + 1);
                switch (_random.Next(7))
                {
                    case 0 when at < bytes.Count:
                        bytes[at] ^= (byte)(1 << _random.Next(8));
                        break;
                    case 1:
                        bytes.RemoveRange(at, length);
                        break;
                    case 2:
                        bytes.InsertRange(at, RandomBytes(_random.Next(6)));
                        break;
                    case 3:
                        bytes.InsertRange(at, bytes.GetRange(at, length));
                        break;
                    case 4:
                        bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pick(Seeds)));
                        break;
                    case 5:
                        // Where a member is allowed, so that the rest usually stays well-formed.
                        var afterBrace = bytes.IndexOf((byte)'{') + 1;
                        bytes.InsertRange(afterBrace, Encoding.UTF8.GetBytes($"\"{Pick(Names)}\":{Value(3)},"));
                        break;
                    default:
                        bytes.InsertRange(at, Encoding.UTF8.GetBytes(Text(_random.Next(6))));
                        break;
                }
            }

            return [.. bytes];
        }

        private byte[] RandomBytes(int count)
        {
            var bytes = new byte[count];
            _random.NextBytes(bytes);
            return bytes;
        }
    }

    private sealed class Endpoint : HttpMessageHandler
    {
        public RandomResponse? Next { get; set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => Task.FromResult(Next!.ToResponse());
    }

    /// <summary>Arrives in pieces of varying sizes, without a Content-Length.</summary>
    private sealed class Dribble(byte[] bytes) : MemoryStream(bytes)
    {
        private int _reads;

        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => base.ReadAsync(buffer[..Math.Min(buffer.Length, 1 << Math.Min(_reads++, 20))], cancellationToken);
    }
}
