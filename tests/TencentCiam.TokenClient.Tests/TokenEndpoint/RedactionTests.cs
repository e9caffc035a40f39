using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Tests.TokenEndpoint;

/// <summary>Which texts of a server are withheld because they contain a token.</summary>
public sealed class RedactionTests
{
    [Fact]
    public void A_text_that_repeats_a_new_token_is_withheld_if_the_token_is_long_enough_to_be_one()
    {
        var context = new TokenRequestContext(
            new CiamClientCredentialsOptions { ClientId = "client", ClientSecret = "no-secret/of+anyone" }, TimeProvider.System);
        var (token, shortToken) = (new string('t', 22), new string('t', 21));

        Assert.Equal("(withheld: it repeats a secret)", context.RedactSecrets($"issued {token}.", token));
        Assert.Equal($"issued {shortToken}.", context.RedactSecrets($"issued {shortToken}.", shortToken));
    }
}
