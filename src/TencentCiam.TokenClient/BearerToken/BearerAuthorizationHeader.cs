using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>An Authorization header of our own making, told apart by its type from one that a caller has set.</summary>
internal sealed class BearerAuthorizationHeader(string token) : AuthenticationHeaderValue("Bearer", token);
