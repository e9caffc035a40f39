using System.Text;
using TencentCiam.TokenClient.DistributedCache;

namespace TencentCiam.TokenClient.Tests.DistributedCache;

public sealed class EntryProtectionTests
{
    private const string FirstFormatKey = "8A97B9D690C073849AB375C2DF39A63888A969CE447E44F2AE3269F9DC787E8F";

    private const string FirstFormatEntry =
        "kotBSakXyyCJJ87y5u+f4oo3JeUyhCdLivKU5PxTTECra76I/+69TCrGE+XyfbpdHjuSQsN8mu6GZ1Hu+StmjMAiF7E4L0yeAdTH"
        + "5twRuBDBWH8IYt9mQnQ71wDRR3S/cnm+kjpbSvIXXv1pZ2Je";

    private static readonly SharedToken Token = new(
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl",
        new DateTimeOffset(2026, 11, 25, 8, 0, 0, TimeSpan.Zero),
        TimeSpan.FromSeconds(299),
        "orders.read");

    private readonly EntryProtection _protection = Protection();

    [Fact]
    public void An_entry_gives_back_what_was_written()
    {
        Assert.Equal(Token, _protection.Decrypt(_protection.Encrypt(Token)));
        Assert.Equal(Token with { Scope = null }, _protection.Decrypt(_protection.Encrypt(Token with { Scope = null })));
        Assert.Equal(Token, Protection().Decrypt(_protection.Encrypt(Token)));
    }

    [Fact]
    public void Neither_an_entry_nor_its_key_shows_the_token_the_scope_the_client_or_the_secret()
    {
        var stored = _protection.TokenKey + _protection.ClaimKey + Encoding.Latin1.GetString(_protection.Encrypt(Token));

        Assert.All(
            ["eyJ", Token.Value[^10..], "orders", "client-1", "s3cr3t", "ciam.test"],
            text => Assert.DoesNotContain(text, stored, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void No_changed_shortened_or_lengthened_entry_is_accepted()
    {
        var entry = _protection.Encrypt(Token);
        for (var i = 0; i < entry.Length; i++)
        {
            entry[i] ^= 1;
            Assert.Null(_protection.Decrypt(entry));
            entry[i] ^= 1;
            Assert.Null(_protection.Decrypt(entry[..i]));
        }

        Assert.Null(_protection.Decrypt([.. entry, 0]));
        Assert.NotNull(_protection.Decrypt(entry));
    }

    [Theory]
    [InlineData("https://other.test", "client-1", "s3cr3t", "orders.read")]
    [InlineData("https://ciam.test", "client-2", "s3cr3t", "orders.read")]
    [InlineData("https://ciam.test", "client-1", "rotated", "orders.read")]
    [InlineData("https://ciam.test", "client-1", "s3cr3t", "orders.write")]
    [InlineData("https://ciam.test", "client-1", "s3cr3t", "")]
    [InlineData("https://ciam.test", "client-1orders", "s3cr3t", ".read")]
    public void Another_portal_application_secret_or_scope_has_another_key_and_cannot_read_a_copied_entry(
        string authority, string clientId, string secret, string scope)
    {
        var other = Protection(authority, clientId, secret, scope);

        Assert.NotEqual(_protection.TokenKey, other.TokenKey);
        Assert.Null(other.Decrypt(_protection.Encrypt(Token)));
    }

    [Fact]
    public void The_same_secret_does_not_read_an_entry_that_was_copied_under_another_key()
        => Assert.Null(Protection(keyPrefix: "other:").Decrypt(_protection.Encrypt(Token)));

    [Fact]
    public void The_key_begins_with_the_prefix_and_two_entries_of_one_token_differ()
    {
        Assert.StartsWith("ciam:", _protection.TokenKey, StringComparison.Ordinal);
        Assert.NotEqual(_protection.Encrypt(Token), _protection.Encrypt(Token));
    }

    // Instances of two versions of the library run side by side during an update: this format is fixed for the version in its keys.
    [Fact]
    public void An_entry_of_the_first_format_can_still_be_read()
    {
        Assert.Equal("ciam:" + FirstFormatKey, _protection.TokenKey);
        Assert.Equal(Token, _protection.Decrypt(Convert.FromBase64String(FirstFormatEntry)));
    }

    private static EntryProtection Protection(
        string authority = "https://ciam.test",
        string clientId = "client-1",
        string secret = "s3cr3t",
        string scope = "orders.read",
        string keyPrefix = "ciam:")
        => new(
            new CiamClientCredentialsOptions { Authority = new Uri(authority), ClientId = clientId, ClientSecret = secret },
            scope,
            keyPrefix);
}
