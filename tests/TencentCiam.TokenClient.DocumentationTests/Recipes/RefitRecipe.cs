using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Refit;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

// <snippet>
public interface IOrdersApi
{
    [Get("/orders/{number}")]
    Task<string> GetOrderAsync(int number);
}
// </snippet>

public sealed class RefitRecipe : IDisposable
{
    private readonly CiamPortalEmulator _portal = new();

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task A_Refit_call_carries_a_token()
        => Assert.Equal("tea", await WriteOrderAsync());

    [Fact]
    public async Task The_inner_exception_of_a_Refit_exception_says_why_there_is_no_token()
    {
        _portal.Application.IsEnabled = false;

        Assert.StartsWith("No token: ", await WriteOrderAsync(), StringComparison.Ordinal);
    }

    private async Task<string> WriteOrderAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);

        // <snippet>
        builder.Services.AddRefitGeneratedClient<IOrdersApi>()
            .ConfigureHttpClient(client => client.BaseAddress = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler();
        // </snippet>

        builder.Services.AddCiamClientCredentials().UseEmulator(_portal);
        builder.Services.AddRefitGeneratedClient<IOrdersApi>().ConfigurePrimaryHttpMessageHandler(
            () => _portal.CreateResourceServerHandler(
                _ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("tea") }));
        using var host = builder.Build();
        var orders = host.Services.GetRequiredService<IOrdersApi>();
        var Console = new StringWriter();

        // <snippet>
        try
        {
            Console.WriteLine(await orders.GetOrderAsync(1001));
        }
        catch (ApiRequestException e) when (e.InnerException is CiamTokenException { Error: var error })
        {
            Console.WriteLine($"No token: {error.Message}");
        }
        // </snippet>

        return Console.ToString().TrimEnd();
    }
}
