using Codes = TencentCiam.TokenClient.CiamTokenErrorCodes;

namespace TencentCiam.TokenClient.ClientStore;

/// <summary>The catalogue of the errors that keep a client of a store from requesting tokens: one factory per cause.</summary>
internal static class ClientStoreErrors
{
    public static CiamTokenError.ClientNotConfigured NotFound(string client)
        => new(
            Codes.ClientNotFound,
            $"The client store has no CIAM client {client}. Add it to the store, or correct the name that the request chose.");

    /// <param name="faults">What validation says, with the client's name and no secret.</param>
    public static CiamTokenError.ClientNotConfigured Invalid(string faults)
        => new(Codes.InvalidClientOptions, $"{faults} The client store returned these options: correct them there.");

    public static CiamTokenError.ClientNotConfigured Failed(string client, Exception exception)
        => new(
            Codes.ClientStoreFailed,
            $"The client store failed with {exception.GetType().Name} when it was asked for the CIAM client {client}: see the inner "
            + "exception.",
            isTransient: true,
            exception);

    public static CiamTokenError.ClientNotConfigured TimedOut(string client, Exception exception)
        => new(
            Codes.ClientStoreFailed,
            $"The client store did not return the CIAM client {client} before AcquisitionTimeout had passed. Check the database or "
            + "service behind the store.",
            isTransient: true,
            exception);
}
