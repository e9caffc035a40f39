using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

public sealed class SigningKeyTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly CiamPortalEmulator _portal;

    public SigningKeyTests()
    {
        _portal = CreatePortal(timeProvider: _clock);
    }

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task The_same_key_has_the_same_UUID_in_every_portal()
    {
        using var other = CreatePortal();

        var kid = Assert.Single(await KeysAsync(_portal)).Kid;

        Assert.Equal(kid, Assert.Single(await KeysAsync(other)).Kid);
        Assert.Equal(kid, Guid.Parse(kid).ToString());
    }

    [Fact]
    public async Task A_portal_signs_while_another_holds_a_lock_on_the_key_that_both_share()
    {
        using var shared = RSA.Create(2048);
        using var portal = new CiamPortalEmulator(signingKey: shared);
        using var done = new ManualResetEventSlim();

        // A lock belongs to a thread, so another thread takes the token.
        string? accessToken = null;
        lock (shared)
        {
            var thread = new Thread(() =>
            {
                accessToken = portal.GetAccessTokenAsync().GetAwaiter().GetResult();
                done.Set();
            });
            thread.Start();
            Assert.True(done.Wait(TimeSpan.FromSeconds(30), Cancellation));
        }

        await AssertVerifiesAsync(portal, accessToken!);
    }

    [Fact]
    public async Task Tokens_that_many_threads_request_at_once_all_verify()
    {
        var tokens = new string[64];

        await Parallel.ForAsync(0, tokens.Length, Cancellation, async (i, _) => tokens[i] = await _portal.GetAccessTokenAsync());

        Assert.Equal(64, tokens.Distinct().Count());
        foreach (var token in tokens)
        {
            await AssertVerifiesAsync(_portal, token);
        }
    }

    [Fact]
    public async Task A_key_that_cannot_be_exported_still_signs()
    {
        using var key = new NonExportableKey();
        using var portal = new CiamPortalEmulator(signingKey: key);

        await AssertVerifiesAsync(portal, await portal.GetAccessTokenAsync());
    }

    [Fact]
    public async Task After_a_rotation_new_tokens_have_another_key_and_earlier_ones_still_verify()
    {
        var earlier = await _portal.GetAccessTokenAsync();
        _portal.RotateSigningKey();
        var later = await _portal.GetAccessTokenAsync();

        Assert.NotEqual(new JsonWebToken(earlier).Kid, new JsonWebToken(later).Kid);
        Assert.Equal(
            [new JsonWebToken(later).Kid, new JsonWebToken(earlier).Kid],
            (await KeysAsync(_portal)).Select(key => key.Kid));
        await AssertVerifiesAsync(_portal, earlier);
        await AssertVerifiesAsync(_portal, later);
        Assert.True(_portal.IsActive(earlier));
    }

    [Fact]
    public async Task A_replaced_key_leaves_the_key_set_when_its_last_token_expires()
    {
        await _portal.GetAccessTokenAsync();
        using var next = RSA.Create(2048);
        _portal.RotateSigningKey(next);

        _clock.Advance(_portal.Application.AccessTokenLifetime - TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await KeysAsync(_portal)).Count);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(
            Base64UrlEncoder.Encode(next.ExportParameters(includePrivateParameters: false).Modulus),
            Assert.Single(await KeysAsync(_portal)).N);
    }

    [Fact]
    public async Task A_replaced_key_that_signed_no_token_is_not_in_the_key_set()
    {
        _portal.RotateSigningKey();

        Assert.Single(await KeysAsync(_portal));
    }

    private static async Task<IList<JsonWebKey>> KeysAsync(CiamPortalEmulator portal)
        => new JsonWebKeySet(await portal.GetStringAsync("/oauth2/jwks")).Keys;

    private static async Task AssertVerifiesAsync(CiamPortalEmulator portal, string accessToken)
    {
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(accessToken, new TokenValidationParameters
        {
            ValidIssuer = "https://ciam.test",
            ValidateAudience = false,
            ValidateLifetime = false,
            IssuerSigningKeys = await KeysAsync(portal),
        });
        Assert.Null(result.Exception);
    }

    // As the keys of certificates on Windows are by default.
    private sealed class NonExportableKey : RSA
    {
        private readonly RSA _inner = Create(2048);

        public override RSAParameters ExportParameters(bool includePrivateParameters)
            => includePrivateParameters
                ? throw new CryptographicException("This key cannot be exported.")
                : _inner.ExportParameters(includePrivateParameters: false);

        public override void ImportParameters(RSAParameters parameters) => throw new NotSupportedException();

        public override byte[] SignHash(byte[] hash, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)
            => _inner.SignHash(hash, hashAlgorithm, padding);

        protected override void Dispose(bool disposing)
        {
            _inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
