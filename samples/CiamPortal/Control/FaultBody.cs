using System.ComponentModel;
using System.Net;
using System.Text.Json.Serialization;
using TencentCiam.TokenClient.Testing;

namespace CiamPortal.Control;

/// <summary>A fault as JSON: the member <c>fault</c> names the factory method of <see cref="CiamPortalFault"/>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "fault")]
[JsonDerivedType(typeof(Respond), "respond")]
[JsonDerivedType(typeof(OAuthError), "oauthError")]
[JsonDerivedType(typeof(TemporarilyUnavailable), "temporarilyUnavailable")]
[JsonDerivedType(typeof(TooManyRequests), "tooManyRequests")]
[JsonDerivedType(typeof(BadGateway), "badGateway")]
[JsonDerivedType(typeof(InternalServerError), "internalServerError")]
[JsonDerivedType(typeof(ConnectionFailure), "connectionFailure")]
[JsonDerivedType(typeof(TruncatedResponse), "truncatedResponse")]
[JsonDerivedType(typeof(Delay), "delay")]
[JsonDerivedType(typeof(Hang), "hang")]
internal abstract record FaultBody
{
    public abstract CiamPortalFault Create();

    private static TimeSpan? Seconds(double? seconds) => seconds is { } value ? TimeSpan.FromSeconds(value) : null;

    // Others are no final responses (RFC 9110 section 15).
    private static HttpStatusCode ToStatus(int status) => status is >= 200 and <= 599
        ? (HttpStatusCode)status
        : throw new ArgumentException("status must be from 200 to 599.");

    [Description("Any response. The default contentType is that of the portal's JSON; null omits the header.")]
    internal sealed record Respond(
        int Status,
        string? Body = null,
        string? ContentType = "application/json;charset=UTF-8",
        double? RetryAfterSeconds = null) : FaultBody
    {
        public override CiamPortalFault Create()
            => CiamPortalFault.Respond(ToStatus(Status), Body, ContentType, Seconds(RetryAfterSeconds));
    }

    [Description("An OAuth error response, as JSON.")]
    internal sealed record OAuthError(string Error, string? Description = null, int Status = 400) : FaultBody
    {
        public override CiamPortalFault Create() => CiamPortalFault.OAuthError(Error, Description, ToStatus(Status));
    }

    [Description("503 with the error temporarily_unavailable.")]
    internal sealed record TemporarilyUnavailable(double? RetryAfterSeconds = null) : FaultBody
    {
        public override CiamPortalFault Create() => CiamPortalFault.TemporarilyUnavailable(Seconds(RetryAfterSeconds));
    }

    [Description("429 without a body.")]
    internal sealed record TooManyRequests(double? RetryAfterSeconds = null) : FaultBody
    {
        public override CiamPortalFault Create() => CiamPortalFault.TooManyRequests(Seconds(RetryAfterSeconds));
    }

    [Description("502 with the HTML error page of a gateway.")]
    internal sealed record BadGateway : FaultBody
    {
        public override CiamPortalFault Create() => CiamPortalFault.BadGateway();
    }

    [Description("500 with Spring Boot's JSON body.")]
    internal sealed record InternalServerError : FaultBody
    {
        public override CiamPortalFault Create() => CiamPortalFault.InternalServerError();
    }

    [Description("The connection is closed without a response.")]
    internal sealed record ConnectionFailure : FaultBody
    {
        public override CiamPortalFault Create() => CiamPortalFault.ConnectionFailure();
    }

    [Description("The connection is closed after half of the usual response's body.")]
    internal sealed record TruncatedResponse : FaultBody
    {
        public override CiamPortalFault Create() => CiamPortalFault.TruncatedResponse();
    }

    [Description("The usual response, but late.")]
    internal sealed record Delay(double DelaySeconds) : FaultBody
    {
        public override CiamPortalFault Create() => CiamPortalFault.Delay(TimeSpan.FromSeconds(DelaySeconds));
    }

    [Description("No response until the client gives up.")]
    internal sealed record Hang : FaultBody
    {
        public override CiamPortalFault Create() => CiamPortalFault.Hang();
    }
}
