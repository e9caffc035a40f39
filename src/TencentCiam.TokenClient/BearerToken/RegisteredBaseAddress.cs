namespace TencentCiam.TokenClient.BearerToken;

/// <summary>What is known of the BaseAddress that an HttpClient gets at registration.</summary>
/// <param name="IsKnown">Whether it could be determined. If not, the HttpClient may have a BaseAddress or none.</param>
/// <param name="Address">The BaseAddress; null if there is none.</param>
internal sealed record RegisteredBaseAddress(bool IsKnown, Uri? Address)
{
    public static RegisteredBaseAddress None { get; } = new(true, null);

    private static RegisteredBaseAddress Unknown { get; } = new(false, null);

    /// <summary>
    /// Applies the registered configuration to an HttpClient that is used for nothing else. So the BaseAddress is known even if
    /// the handlers are used without an HttpClient.
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
#pragma warning disable CA1031 // The user's code may throw anything. Creating the actual HttpClient throws it too.
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
