using TencentCiam.TokenClient.BearerToken;

namespace TencentCiam.TokenClient.Tests.BearerToken;

public sealed class AttachedTokensTests
{
    private readonly AttachedTokens _attached = new();

    [Fact]
    public void The_tokens_of_500_clients_are_recognized_in_copied_headers()
    {
        for (var i = 0; i < 500; i++)
        {
            _attached.Add(Token(i));
        }

        Assert.All(Enumerable.Range(0, 500), i => Assert.False(IsOfOthers(Token(i).Value)));
    }

    [Fact]
    public void A_token_that_was_not_attached_is_not_recognized()
    {
        for (var i = 0; i < 10_000; i++)
        {
            _attached.Add(Token(i));
        }

        Assert.True(IsOfOthers(Token(10_000).Value));
    }

    [Fact]
    public void The_latest_token_is_recognized_however_many_were_attached_before()
    {
        for (var i = 0; i < 20_000; i++)
        {
            _attached.Add(Token(i));
            Assert.False(IsOfOthers(Token(i).Value));
        }
    }

    [Fact]
    public void One_token_takes_less_than_1_KB_and_any_number_of_tokens_less_than_400_KB()
    {
        var tokens = Enumerable.Range(0, 50_000).Select(Token).ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();
        _attached.Add(tokens[0]);
        var one = GC.GetAllocatedBytesForCurrentThread() - before;

        foreach (var token in tokens)
        {
            _attached.Add(token);
        }

        Assert.InRange(one, 0, 1_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400_000);
    }

    private bool IsOfOthers(string token)
    {
        using var copy = new HttpRequestMessage();
        copy.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        return _attached.HasHeaderOfOthers(copy.Headers);
    }

    private static CiamAccessToken Token(int number)
        => new($"token-{number}", TimeSpan.FromSeconds(299), DateTimeOffset.UnixEpoch);
}
