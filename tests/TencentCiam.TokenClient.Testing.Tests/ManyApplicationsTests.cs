using static TencentCiam.TokenClient.Testing.Tests.PortalCalls;

namespace TencentCiam.TokenClient.Testing.Tests;

/// <summary>As many applications as a store of tenants has, which come and go while requests are served.</summary>
public sealed class ManyApplicationsTests : IDisposable
{
    private readonly CiamPortalEmulator _portal = CreatePortal();

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task A_hundred_thousand_applications_are_added_one_by_one_while_requests_are_served()
    {
        using var added = new CancellationTokenSource();
        using var client = _portal.CreateClient();
        var statuses = new List<int>();
        var requests = Task.Run(
            async () =>
            {
                do
                {
                    using var request = _portal.Post(TokenPath, _portal.Application.TokenRequest());
                    using var response = await client.SendAsync(request, Cancellation);
                    statuses.Add((int)response.StatusCode);
                }
                while (!added.IsCancellationRequested);
            },
            Cancellation);

        for (var i = 0; i < 100_000; i++)
        {
            _portal.AddApplication($"tenant-{i}", "s3cret");
        }

        await added.CancelAsync();
        await requests;

        Assert.All(statuses, status => Assert.Equal(200, status));
        Assert.Equal(100_001, _portal.Applications.Count);
        Assert.NotEmpty(await _portal.GetAccessTokenAsync(_portal.FindApplication("tenant-0")));
        Assert.NotEmpty(await _portal.GetAccessTokenAsync(_portal.FindApplication("tenant-99999")));
    }

    [Fact]
    public async Task Applications_are_added_changed_and_removed_from_many_threads()
    {
        await Parallel.ForAsync(0, 200, Cancellation, async (i, _) =>
        {
            var application = _portal.AddApplication($"tenant-{i}", "before");
            var before = application.TokenRequest();
            application.ClientSecret = "after";
            using var old = await _portal.PostTokenAsync(before);
            using var rotated = await _portal.PostTokenAsync(application.TokenRequest());
            application.IsEnabled = false;
            using var disabled = await _portal.PostTokenAsync(application.TokenRequest());

            Assert.Equal([401, 200, 401], [(int)old.StatusCode, (int)rotated.StatusCode, (int)disabled.StatusCode]);
            Assert.True(_portal.RemoveApplication(application.ClientId));
        });

        Assert.Same(_portal.Application, Assert.Single(_portal.Applications));
    }

    [Fact]
    public async Task A_removed_application_gets_no_more_tokens_and_those_it_has_stay_active()
    {
        var application = _portal.AddApplication("orders", "s3cret");
        var accessToken = await _portal.GetAccessTokenAsync(application);

        Assert.True(_portal.RemoveApplication("orders"));
        using var response = await _portal.PostTokenAsync(application.TokenRequest());

        await response.AssertErrorAsync(401, """{"error":"invalid_client"}""");
        Assert.True(_portal.IsActive(accessToken));
        Assert.Null(_portal.FindApplication("orders"));
        Assert.False(_portal.RemoveApplication("orders"));
    }

    [Fact]
    public void An_application_is_found_by_its_exact_Client_ID()
    {
        var application = _portal.AddApplication("orders", "s3cret");

        Assert.Same(application, _portal.FindApplication("orders"));
        Assert.Null(_portal.FindApplication("Orders"));
    }

    [Fact]
    public async Task An_application_that_was_removed_can_be_added_again_with_another_secret()
    {
        var removed = _portal.AddApplication("orders", "before");
        _portal.RemoveApplication("orders");
        var added = _portal.AddApplication("orders", "after");

        using var old = await _portal.PostTokenAsync(removed.TokenRequest());

        await old.AssertErrorAsync(401, """{"error":"invalid_client"}""");
        Assert.NotEmpty(await _portal.GetAccessTokenAsync(added));
    }
}
