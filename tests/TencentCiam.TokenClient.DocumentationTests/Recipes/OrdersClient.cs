using System.Net;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

/// <summary>Stands for the user's own typed client.</summary>
internal sealed class OrdersClient(HttpClient http)
{
    public async Task<HttpStatusCode> GetOrderStatusAsync(int number)
    {
        using var response = await http.GetAsync(
            new Uri($"orders/{number}", UriKind.Relative), TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
