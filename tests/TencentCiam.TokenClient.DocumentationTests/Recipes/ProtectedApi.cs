using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

internal static class ProtectedApi
{
    /// <summary>Responds with 401 to a request without an active token of the portal.</summary>
    public static void RequireTokensOf(this WebApplication api, CiamPortalEmulator portal)
        => api.Use((context, next) =>
        {
            if (AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization, out var authorization)
                && authorization is { Scheme: "Bearer", Parameter: { } token }
                && portal.IsActive(token))
            {
                return next(context);
            }

            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        });
}
