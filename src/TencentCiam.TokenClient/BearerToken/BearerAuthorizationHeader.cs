using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>An Authorization header that the library made: its type distinguishes it from a header that a caller set.</summary>
internal sealed class BearerAuthorizationHeader(string token) : AuthenticationHeaderValue("Bearer", token);
