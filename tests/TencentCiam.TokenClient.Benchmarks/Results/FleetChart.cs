using System.Globalization;
using System.Text;
using TencentCiam.TokenClient.Benchmarks.Scenarios;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>
/// Draws the token requests per life of a token over the size of the fleet that shares it, as an SVG for light and dark pages:
/// dots for the simulation, with two standard errors each way, and lines for the law.
/// </summary>
internal static class FleetChart
{
    private const int Width = 830;
    private const int Height = 380;
    private const int Left = 60;
    private const int Right = 610;
    private const int Top = 64;
    private const int Bottom = 316;

    // One request per life is the least that is possible.
    private const double Floor = 0.9;
    private const double Ceiling = 1.8;
    private const double Tick = 0.2;

    public static string Of(ResultStore store)
    {
        var drawing = new StringBuilder();
        DrawAxes(drawing);
        foreach (var latency in Fleet.PortalLatencies.Reverse())
        {
            DrawLaw(drawing, latency);
            DrawDots(drawing, "other", store, Fleet.WithoutClaims(latency));
            Label(drawing, "other", Y(Fleet.Expected(Fleet.Sizes[^1], latency)), $"without claims, {Fleet.Portal(latency)}");
        }

        var slowest = Fleet.PortalLatencies[^1];
        DrawDots(drawing, "ours", store, Fleet.WithClaims(slowest));

        // Below the dots, because the line above is close.
        Label(drawing, "ours", Y(1) + 16, $"with claims, {Fleet.Portal(slowest)}");
        return $$"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{{Width}}" height="{{Height}}" viewBox="0 0 {{Width}} {{Height}}" role="img" aria-label="Token requests per life of a token that 1 to 1,000,000 instances share">
            <style>
              text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
              .heading { font-size: 14px; font-weight: 600 }
              .end { text-anchor: end }
              .middle { text-anchor: middle }
              .page { fill: #ffffff; stroke: #d1d9e0 }
              .grid { stroke: #d1d9e0 }
              .law { fill: none; stroke-width: 1.5 }
              .other { stroke: #8c959f }
              circle.other { fill: #8c959f }
              .ours { stroke: #1a7f37 }
              circle.ours { fill: #1a7f37 }
              text.ours { font-weight: 600; fill: #1a7f37; stroke: none }
              text.other { stroke: none }
              @media (prefers-color-scheme: dark) {
                text { fill: #e6edf3 }
                .page { fill: #0d1117; stroke: #3d444d }
                .grid { stroke: #3d444d }
                .ours { stroke: #3fb950 }
                circle.ours, text.ours { fill: #3fb950 }
              }
            </style>
            <rect class="page" x="0.5" y="0.5" width="{{Width - 1}}" height="{{Height - 1}}" rx="6"/>
            <text class="heading" x="16" y="30">Token requests per life of a token that a fleet shares</text>
            <text class="end" x="{{Width - 16}}" y="30">dots: simulated; lines: the law</text>
            {{drawing}}</svg>

            """;
    }

    private static void DrawAxes(StringBuilder svg)
    {
        for (var value = 1.0; value < Ceiling - (Tick / 2); value += Tick)
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="grid" d="M{Left} {Y(value):0.#}H{Right}"/>""")
                .AppendLine(CultureInfo.InvariantCulture, $"""<text class="end" x="{Left - 10}" y="{Y(value) + 4:0.#}">{value:0.0}</text>""");
        }

        foreach (var instances in Fleet.Sizes)
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text class="middle" x="{X(instances):0.#}" y="{Bottom + 20}">{instances:N0}</text>""");
        }

        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text class="middle" x="{(Left + Right) / 2}" y="{Bottom + 44}">instances</text>""");
    }

    private static void DrawLaw(StringBuilder svg, TimeSpan latency)
    {
        // Closer together than the simulated sizes, because it rises between the first two of them.
        int[] sizes = [.. Enumerable.Range(1, 9), .. Fleet.Sizes.Skip(1)];
        var points = sizes.Select(instances => string.Create(
            CultureInfo.InvariantCulture, $"{X(instances):0.#},{Y(Fleet.Expected(instances, latency)):0.#}"));
        svg.AppendLine($"""<polyline class="other law" points="{string.Join(' ', points)}"/>""");
    }

    private static void DrawDots(StringBuilder svg, string group, ResultStore store, string name)
    {
        var figures = store.Load("fleet", name);
        foreach (var instances in Fleet.Sizes)
        {
            var figure = figures[Fleet.NameOf(instances)];
            var (x, value, error) = (X(instances), figure.Value!.Value, 2 * (figure.StandardError ?? 0));
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="{group}" d="M{x:0.#} {Y(value - error):0.#}V{Y(value + error):0.#}"/>""")
                .AppendLine(CultureInfo.InvariantCulture, $"""<circle class="{group}" cx="{x:0.#}" cy="{Y(value):0.#}" r="4"/>""");
        }
    }

    private static void Label(StringBuilder svg, string group, double y, string text)
        => svg.AppendLine(CultureInfo.InvariantCulture, $"""<text class="{group}" x="{Right + 16}" y="{y + 4:0.#}">{text}</text>""");

    private static double X(int instances) => Left + 20 + ((Right - Left - 40) * Math.Log(instances) / Math.Log(Fleet.Sizes[^1]));

    private static double Y(double value) => Bottom - ((Bottom - Top) * (value - Floor) / (Ceiling - Floor));
}
