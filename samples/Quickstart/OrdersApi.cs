using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace Quickstart;

/// <summary>
/// The API to call. It accepts the access tokens of one CIAM tenant and validates them with the portal's keys.
/// </summary>
internal static class OrdersApi
{
    /// <param name="authority">The tenant's portal.</param>
    /// <param name="clientId">The application whose tokens are accepted.</param>
    /// <param name="scope">The scopes that a token must have, separated by spaces; null or empty for none.</param>
    public static async Task<WebApplication> StartAsync(string? authority, string? clientId, string? scope)
    {
        // An empty builder, so that neither ASPNETCORE_URLS nor a settings file opens another port.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");

        var isOnThisMachine = Uri.TryCreate(authority, UriKind.Absolute, out var portal) && portal.IsLoopback;
        builder.Services.AddRouting();
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
        {
            // The issuer and the address of the keys (JWKS) come from the portal's discovery document.
            options.Authority = authority;
            options.RequireHttpsMetadata = !isOnThisMachine;

            // The audience of a CIAM token is the Client ID of the application.
            options.Audience = clientId;
            options.TokenValidationParameters.ValidAlgorithms = ["RS256"];

            // The default of 5 minutes would double the lifetime of a short-lived CIAM token.
            options.TokenValidationParameters.ClockSkew = isOnThisMachine ? TimeSpan.Zero : TimeSpan.FromSeconds(5);

            // Claims keep their names from the token.
            options.MapInboundClaims = false;
        });
        builder.Services.AddAuthorization(options => options.AddPolicy("read-orders", policy =>
        {
            policy.RequireAuthenticatedUser();

            // In a CIAM token, "scope" is an array, which becomes one claim per scope.
            foreach (var required in (scope ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                policy.RequireClaim("scope", required);
            }
        }));

        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();

        // The response contains the id of the token only so that the quickstart can count tokens. A real API would not return it.
        app.MapGet("/orders", (ClaimsPrincipal caller) => new OrderList(
            [new Order(1001, "tea"), new Order(1002, "teapot")],
            caller.FindFirstValue("jti"))).RequireAuthorization("read-orders");

        await app.StartAsync();
        return app;
    }
}
