using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>An Authorization header that the library made: its type tells it from one that a caller has set.</summary>
internal sealed class BearerAuthorizationHeader(string token) : AuthenticationHeaderValue("Bearer", token);
