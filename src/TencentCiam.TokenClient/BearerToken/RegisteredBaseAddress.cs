namespace TencentCiam.TokenClient.BearerToken;

/// <summary>What is known of the BaseAddress that an HttpClient gets at registration.</summary>
/// <param name="IsKnown">Whether it could be determined: if not, the HttpClient may or may not have one.</param>
/// <param name="Address">The BaseAddress; null if there is none.</param>
internal sealed record RegisteredBaseAddress(bool IsKnown, Uri? Address)
{
    public static RegisteredBaseAddress None { get; } = new(true, null);

    private static RegisteredBaseAddress Unknown { get; } = new(false, null);

    /// <summary>
    /// Runs what configures the HttpClient on one that is used for nothing else, so that the BaseAddress is known whichever way
    /// the handlers are used, and the registration itself stays as the user wrote it.
    /// </summary>
    public static RegisteredBaseAddress Determine(IEnumerable<Action<HttpClient>> configurations)
    {
        using var client = new HttpClient(new RefusingHandler());
        try
        {
            foreach (var configure in configurations)
            {
                configure(client);
            }

            return new RegisteredBaseAddress(true, client.BaseAddress);
        }
#pragma warning disable CA1031 // The user's code may throw anything. Whoever creates the HttpClient itself gets the exception.
        catch (Exception)
#pragma warning restore CA1031
        {
            return Unknown;
        }
    }

    private sealed class RefusingHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => Task.FromException<HttpResponseMessage>(Refused());

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
            => throw Refused();

        private static InvalidOperationException Refused()
            => new("This HttpClient only serves to determine the BaseAddress. It sends no requests.");
    }
}
