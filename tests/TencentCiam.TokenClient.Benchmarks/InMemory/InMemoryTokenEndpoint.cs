using System.Buffers.Text;
using System.Net;
using System.Text;

namespace TencentCiam.TokenClient.Benchmarks.InMemory;

/// <summary>
/// The token endpoint of all peers. It uses no sockets, so that only the client is measured. Every token is different, and
/// as long as the sample token in the CIAM documentation.
/// </summary>
internal sealed class InMemoryTokenEndpoint(TimeProvider clock) : HttpMessageHandler
{
    private const int NumberLength = 10;
    private const int TokenLength = 773;

    private byte[] _template = [];
    private int _numberOffset;
    private TimeSpan _lifetime;
    private int _requests;

    // When each of the most recent tokens was issued, indexed by its number. More tokens than this are never valid at once.
    private readonly long[] _issuedAt = new long[65_536];

    public TimeSpan Lifetime
    {
        get => _lifetime;
        set
        {
            var head = "{\"access_token\":\"";
            _numberOffset = head.Length;
            _lifetime = value;
            _template = Encoding.ASCII.GetBytes(
                head + new string('0', NumberLength) + new string('x', TokenLength - NumberLength)
                + $"\",\"scope\":\"identity_proofing\",\"token_type\":\"Bearer\",\"expires_in\":{(long)value.TotalSeconds}}}");
        }
    }

    public TimeSpan Delay { get; set; }

    /// <summary>While true, connections are refused.</summary>
    public bool IsDown { get; set; }

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Whether the token has not expired.</summary>
    public bool IsValid(string token)
        => clock.GetElapsedTime(Volatile.Read(ref IssuedAt(int.Parse(token.AsSpan(0, NumberLength))))) < _lifetime;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _requests);
        return IsDown ? Task.FromException<HttpResponseMessage>(new HttpRequestException(
                HttpRequestError.ConnectionError, "Connection refused"))
            : Delay == TimeSpan.Zero ? Task.FromResult(NewResponse(number))
            : RespondAfterDelayAsync(number, cancellationToken);
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _requests);
        if (IsDown)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused");
        }

        cancellationToken.WaitHandle.WaitOne(Delay);
        cancellationToken.ThrowIfCancellationRequested();
        return NewResponse(number);
    }

    private async Task<HttpResponseMessage> RespondAfterDelayAsync(int number, CancellationToken cancellationToken)
    {
        await Task.Delay(Delay, clock, cancellationToken).ConfigureAwait(false);
        return NewResponse(number);
    }

    private HttpResponseMessage NewResponse(int number)
    {
        Volatile.Write(ref IssuedAt(number), clock.GetTimestamp());
        var body = (byte[])_template.Clone();
        Utf8Formatter.TryFormat(number, body.AsSpan(_numberOffset, NumberLength), out _, new('D', NumberLength));
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(body) };
        response.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json;charset=UTF-8");
        return response;
    }

    private ref long IssuedAt(int number) => ref _issuedAt[number % _issuedAt.Length];
}
