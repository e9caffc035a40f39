using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using TencentCiam.TokenClient.Testing;

namespace CiamPortal.Control;

/// <summary>What a test in the emulator's process can do, over HTTP with JSON, for tests in any language.</summary>
internal static class ControlApi
{
    public const string Prefix = "/emulator";

    public static void AddServices(IServiceCollection services) => services
        .AddOpenApi()
        .Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true)
        .ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            options.SerializerOptions.AllowOutOfOrderMetadataProperties = true;
            options.SerializerOptions.RespectNullableAnnotations = true;
            options.SerializerOptions.RespectRequiredConstructorParameters = true;
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            options.SerializerOptions.Converters.Add(new JsonStringEnumConverter());
        });

    public static void Map(WebApplication app, Lazy<CiamPortalEmulator> portal, CiamPortalClock clock)
    {
        app.MapOpenApi(Prefix + "/openapi.json");
        var api = app.MapGroup(Prefix).AddEndpointFilter(RejectInvalidValuesAsync);
        MapFaults(api, portal);
        MapApplications(api.MapGroup("/applications"), portal);

        api.MapGet("/requests", () => portal.Value.Requests.Select(RequestView.Of))
            .WithSummary("The latest token and revocation requests, oldest first");
        api.MapDelete("/requests", () => Done(portal.Value.ClearRequests))
            .WithSummary("Empties the list of requests");
        api.MapPost("/tokens/revoke", () => Done(portal.Value.RevokeAll))
            .WithSummary("Revokes every token issued so far");
        api.MapPost("/signing-key/rotate", () => Done(() => portal.Value.RotateSigningKey()))
            .WithSummary("Replaces the key that signs the tokens");
        api.MapGet("/clock", () => View(clock))
            .WithSummary("The portal's clock");
        api.MapPut("/clock", (ClockChange change) =>
            {
                clock.Offset = TimeSpan.FromSeconds(change.OffsetSeconds);
                return View(clock);
            })
            .WithSummary("Moves the portal's clock");
    }

    private static void MapFaults(RouteGroupBuilder api, Lazy<CiamPortalEmulator> portal)
    {
        api.MapPost("/faults", (FaultBody fault, int times = 1) => Done(() => portal.Value.FailNext(fault.Create(), times)))
            .WithSummary("Queues a fault for the next token or revocation requests");
        api.MapDelete("/faults", () => Done(portal.Value.ClearFaults))
            .WithSummary("Discards the queued faults and ends the outage");
        api.MapPut("/outage", (FaultBody? fault) => Done(() => portal.Value.Outage = (fault ?? new FaultBody.TemporarilyUnavailable()).Create()))
            .WithSummary("Starts an outage: every token and revocation request encounters the fault, by default temporarilyUnavailable");
        api.MapDelete("/outage", () => Done(() => portal.Value.Outage = null))
            .WithSummary("Ends the outage");
    }

    private static void MapApplications(RouteGroupBuilder applications, Lazy<CiamPortalEmulator> portal)
    {
        applications.MapGet("", () => portal.Value.Applications.Select(ApplicationView.Of))
            .WithSummary("The applications, without their secrets");
        applications.MapPost("", Created<ApplicationView> (NewApplication body) =>
            {
                var change = new ApplicationChange(
                    null, body.Scopes, body.AccessTokenLifetimeSeconds, body.IsEnabled, body.AllowsClientCredentials);
                change.Validate();
                var application = portal.Value.AddApplication(body.ClientId, body.ClientSecret);
                change.ApplyTo(application);
                return TypedResults.Created(
                    $"{Prefix}/applications/{Uri.EscapeDataString(body.ClientId)}", ApplicationView.Of(application));
            })
            .WithSummary("Adds an application");
        applications.MapGet("/{clientId}", Results<Ok<ApplicationView>, NotFound<ControlError>> (string clientId)
                => portal.Value.FindApplication(clientId) is { } application
                    ? TypedResults.Ok(ApplicationView.Of(application))
                    : NotFound(clientId))
            .WithSummary("An application, without its secret");
        applications.MapPatch("/{clientId}", Results<Ok<ApplicationView>, NotFound<ControlError>> (string clientId, ApplicationChange change) =>
            {
                if (portal.Value.FindApplication(clientId) is not { } application)
                {
                    return NotFound(clientId);
                }

                change.Validate();
                change.ApplyTo(application);
                return TypedResults.Ok(ApplicationView.Of(application));
            })
            .WithSummary("Changes an application: its secret, scopes, lifetime of tokens, and what is switched on");
        applications.MapDelete("/{clientId}", Results<NoContent, NotFound<ControlError>> (string clientId)
                => portal.Value.RemoveApplication(clientId) ? TypedResults.NoContent() : NotFound(clientId))
            .WithSummary("Removes an application. Its tokens stay active");
    }

    private static NoContent Done(Action action)
    {
        action();
        return TypedResults.NoContent();
    }

    private static NotFound<ControlError> NotFound(string clientId)
        => TypedResults.NotFound(new ControlError($"There is no application \"{clientId}\"."));

    private static ClockView View(CiamPortalClock clock) => new(clock.GetUtcNow(), clock.Offset.TotalSeconds);

    // The emulator's own checks.
    private static async ValueTask<object?> RejectInvalidValuesAsync(
        EndpointFilterInvocationContext context,
        EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            return TypedResults.BadRequest(new ControlError(e.Message.Split(" (Parameter '")[0]));
        }
    }
}
