internal sealed class OrdersClient(HttpClient http)
{
    public async Task<string> GetOrdersAsync()
    {
        using var response = await http.GetAsync("orders");
        return $"{response.RequestMessage!.RequestUri!.Host} HTTP {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}";
    }
}
