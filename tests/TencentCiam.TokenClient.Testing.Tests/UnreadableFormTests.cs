using System.Net.Http.Headers;
using System.Text;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class UnreadableFormTests : IDisposable
{
    private readonly CiamPortalEmulator _portal = CreatePortal();

    public void Dispose() => _portal.Dispose();

    [Theory]
    [InlineData("klingon")]
    [InlineData("utf-7")]
    public async Task An_unknown_charset_returns_invalid_request(string charset)
    {
        using var response = await SendAsync(Encoding.UTF8.GetBytes(_portal.Application.TokenRequest()), charset);

        await response.AssertErrorAsync(
            400, """{"error":"invalid_request","error_description":"The charset of the form is not supported."}""");
        Assert.Equal(400, (int?)Assert.Single(_portal.Requests).StatusCode);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("\"UTF-8\"")]
    [InlineData("iso-8859-1")]
    public async Task A_known_charset_is_accepted(string charset)
    {
        using var response = await SendAsync(Encoding.UTF8.GetBytes(_portal.Application.TokenRequest()), charset);

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Theory]
    [InlineData(65536, 200)]
    [InlineData(65537, 413)]
    public async Task A_form_has_at_most_64_KiB(int length, int status)
    {
        var form = _portal.Application.TokenRequest() + "&padding=";

        using var response = await SendAsync(Encoding.UTF8.GetBytes(form.PadRight(length, 'a')), charset: null);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status, (int?)Assert.Single(_portal.Requests).StatusCode);
    }

    [Fact]
    public void A_form_that_is_too_large_is_also_rejected_on_a_synchronous_request()
    {
        using var invoker = new HttpMessageInvoker(_portal.CreateHandler());
        using var request = _portal.Post(TokenPath, new string('a', 65537));

        using var response = invoker.Send(request, Cancellation);

        Assert.Equal(413, (int)response.StatusCode);
    }

    private async Task<HttpResponseMessage> SendAsync(byte[] form, string? charset)
    {
        using var request = _portal.Post(TokenPath, "");
        request.Content = new ByteArrayContent(form);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded") { CharSet = charset };
        return await _portal.SendAsync(request);
    }
}
