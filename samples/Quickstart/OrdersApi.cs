using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace Quickstart;

/// <summary>
/// The API that is called: it takes access tokens of one CIAM tenant, which it checks with the portal's own keys.
/// </summary>
internal static class OrdersApi
{
    /// <param name="authority">The tenant's portal.</param>
    /// <param name="clientId">The application whose tokens are accepted.</param>
    /// <param name="scope">The scopes that a token must have, separated by spaces; none when null or empty.</param>
    public static async Task<WebApplication> StartAsync(string? authority, string? clientId, string? scope)
    {
        // Empty, so that neither ASPNETCORE_URLS nor a settings file of this machine opens another port.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");

        var isOnThisMachine = Uri.TryCreate(authority, UriKind.Absolute, out var portal) && portal.IsLoopback;
        builder.Services.AddRouting();
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
        {
            // From the portal's discovery document come the issuer, and where its keys (JWKS) are.
            options.Authority = authority;
            options.RequireHttpsMetadata = !isOnThisMachine;

            // CIAM names the application, by its Client ID, as the audience of its tokens.
            options.Audience = clientId;
            options.TokenValidationParameters.ValidAlgorithms = ["RS256"];

            // The default of 5 minutes would double the life of a CIAM token.
            options.TokenValidationParameters.ClockSkew = isOnThisMachine ? TimeSpan.Zero : TimeSpan.FromSeconds(5);

            // Claims keep the names that they have in the token.
            options.MapInboundClaims = false;
        });
        builder.Services.AddAuthorization(options => options.AddPolicy("read-orders", policy =>
        {
            policy.RequireAuthenticatedUser();

            // CIAM's tokens hold "scope" as an array, which becomes one claim for each scope.
            foreach (var required in (scope ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                policy.RequireClaim("scope", required);
            }
        }));

        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();

        // An API would not tell its callers by which token it serves them. Here the story counts them by it.
        app.MapGet("/orders", (ClaimsPrincipal caller) => new OrderList(
            [new Order(1001, "tea"), new Order(1002, "teapot")],
            caller.FindFirstValue("jti"))).RequireAuthorization("read-orders");

        await app.StartAsync();
        return app;
    }
}
