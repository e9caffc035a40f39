using System.Net;
using RichardSzalay.MockHttp;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>How far the portal's clock is from this machine's, as its Date header shows it in whole seconds.</summary>
public sealed class ClockDifferenceTests
{
    private const int RequestSeconds = 10;

    [Theory]
    [InlineData(-61, -61)]
    [InlineData(-2, -2)]
    [InlineData(-1, 0)]
    [InlineData(0, 0)]
    [InlineData(5, 0)]
    [InlineData(RequestSeconds, 0)]
    [InlineData(RequestSeconds + 1, 1)]
    [InlineData(RequestSeconds + 60, 60)]
    public async Task The_Date_is_compared_with_the_time_between_request_and_response(int secondsAfterRequest, int difference)
        => Assert.Equal(TimeSpan.FromSeconds(difference), await DifferenceAsync(secondsAfterRequest));

    [Fact]
    public async Task Without_a_Date_the_difference_is_unknown() => Assert.Null(await DifferenceAsync(secondsAfterRequest: null));

    private static async Task<TimeSpan?> DifferenceAsync(int? secondsAfterRequest)
    {
        using var wire = new WireClient(options => options.RequestTimeout = TimeSpan.FromMinutes(1));
        wire.Endpoint.Expect(HttpMethod.Post, "https://sample.portal.tencentciam.com/oauth2/token").Respond(_ =>
        {
            var sentAt = wire.Clock.GetUtcNow();
            wire.Clock.Advance(TimeSpan.FromSeconds(RequestSeconds));
            var response = new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent("""{"access_token":"t","token_type":"Bearer","expires_in":299}""", null, "application/json"),
            };
            response.Headers.Date = secondsAfterRequest is { } seconds ? sentAt.AddSeconds(seconds) : null;
            return response;
        });
        var result = await wire.Client.RequestTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
        return result.GetTokenOrThrow().ClockDifference;
    }
}
