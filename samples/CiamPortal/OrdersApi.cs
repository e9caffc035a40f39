using System.Net;
using System.Net.Http.Headers;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.Testing;

namespace CiamPortal;

/// <summary>An API for trying out tokens: it accepts the portal's tokens with the scope <c>orders.read</c>.</summary>
internal static class OrdersApi
{
    private const string Scope = "orders.read";

    public static HttpMessageHandler CreateHandler(CiamPortalEmulator portal)
        => portal.CreateResourceServerHandler(CreateResponse);

    private static HttpResponseMessage CreateResponse(HttpRequestMessage request)
    {
        // The token is active, so the portal issued it and its claims can be trusted.
        var token = new CiamAccessToken(request.Headers.Authorization!.Parameter!, default, default).ReadJwt();
        if (!token.Claims.Any(claim => claim is { Type: "scope", Value: Scope }))
        {
            var forbidden = new HttpResponseMessage(HttpStatusCode.Forbidden);
            forbidden.Headers.WwwAuthenticate.Add(
                new AuthenticationHeaderValue("Bearer", $"error=\"insufficient_scope\", scope=\"{Scope}\""));
            return forbidden;
        }

        return new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = JsonContent.Create(new
            {
                Caller = token.Subject,
                Orders = new[] { new { Number = 1001, Item = "tea" }, new { Number = 1002, Item = "teapot" } },
            }),
        };
    }
}
