using TencentCiam.TokenClient;

namespace ManyTenants;

/// <summary>Adds, changes and removes tenants, and calls the orders API as one of them.</summary>
internal static class TenantEndpoints
{
    /// <summary>Adds a tenant, or changes it. Its next token request uses the new values; nothing has to be restarted.</summary>
    public static async Task<IResult> PutAsync(
        string name,
        TenantSettings settings,
        TenantsDbContext database,
        EmulatedPortal portal,
        CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(settings.ClientId) || string.IsNullOrWhiteSpace(settings.ClientSecret))
        {
            return Results.Problem(title: "clientId and clientSecret are required.", statusCode: StatusCodes.Status400BadRequest);
        }

        var tenant = await database.Tenants.FindAsync([name], cancellationToken);
        var isNew = tenant is null;
        if (tenant is null)
        {
            tenant = new Tenant
            {
                Name = name,
                Authority = portal.Address,
                ClientId = settings.ClientId,
                ClientSecret = settings.ClientSecret,
            };
            database.Add(tenant);
        }

        (tenant.ClientId, tenant.ClientSecret) = (settings.ClientId, settings.ClientSecret);

        // The two do not change at the same moment. Meanwhile, calls use the current token.
        portal.SetApplication(settings.ClientId, settings.ClientSecret);
        await database.SaveChangesAsync(cancellationToken);
        return isNew ? Results.Created() : Results.NoContent();
    }

    public static async Task<IResult> DeleteAsync(string name, TenantsDbContext database, CancellationToken cancellationToken)
    {
        if (await database.Tenants.FindAsync([name], cancellationToken) is not { } tenant)
        {
            return NotFound();
        }

        database.Remove(tenant);
        await database.SaveChangesAsync(cancellationToken);
        return Results.NoContent();
    }

    // A real program first checks that its caller may act for this tenant.
    public static async Task<IResult> GetOrdersAsync(string name, OrdersClient orders, CancellationToken cancellationToken)
    {
        try
        {
            return Results.Ok(await orders.GetOrdersAsync(name, cancellationToken));
        }
        catch (CiamTokenException e) when (e.Error.Code == CiamTokenErrorCodes.ClientNotFound)
        {
            return NotFound();
        }
        catch (CiamTokenException e)
        {
            // The library has logged the message, which is meant for the operator of this service and not for its callers.
            return Results.Problem(
                title: "No token could be acquired for the tenant.",
                statusCode: StatusCodes.Status502BadGateway,
                extensions: [KeyValuePair.Create<string, object?>("code", e.Error.Code)]);
        }
        catch (HttpRequestException e)
        {
            return Results.Problem(
                title: "The orders API failed.",
                detail: e.StatusCode is { } status ? $"It returned HTTP {(int)status}." : null,
                statusCode: StatusCodes.Status502BadGateway);
        }
    }

    private static IResult NotFound()
        => Results.Problem(title: "There is no such tenant.", statusCode: StatusCodes.Status404NotFound);
}

/// <summary>The body of a PUT request.</summary>
internal sealed record TenantSettings(string ClientId, string ClientSecret);
