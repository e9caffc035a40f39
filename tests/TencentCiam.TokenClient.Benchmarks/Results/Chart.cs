using System.Globalization;
using System.Security;
using System.Text;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>
/// Draws one panel of bars per figure, as an SVG for light and dark pages. Each panel is sorted, best first, and has a linear
/// scale of its own.
/// </summary>
internal static class Chart
{
    private const int Width = 830;
    private const int Padding = 16;
    private const int BarLeft = 370;
    private const int LongestBar = 340;
    private const int HeadingHeight = 32;
    private const int RowHeight = 24;
    private const int BarHeight = 16;

    private static readonly (string Scenario, string Figure, string Heading)[] Panels =
    [
        ("hot-path", "added", "Time added to a call with a cached token"),
        ("real-time", "token requests in 330 s", "Token requests in 330 s of steady load, token lifetime 299 s"),
    ];

    public static string Of(ResultStore store)
    {
        var panels = new StringBuilder();
        var top = Padding;
        foreach (var (scenario, figure, heading) in Panels)
        {
            var figures = Sorted(store.Load(scenario, figure));
            Draw(panels, top, heading, figures);
            top += HeadingHeight + (figures.Count * RowHeight) + Padding;
        }

        return $$"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{{Width}}" height="{{top}}" viewBox="0 0 {{Width}} {{top}}" role="img" aria-label="TencentCiam.TokenClient compared with alternatives">
            <style>
              text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
              .heading { font-size: 14px; font-weight: 600 }
              .end { text-anchor: end }
              .page { fill: #ffffff; stroke: #d1d9e0 }
              .bar { fill: #8c959f }
              .ours text { font-weight: 600; fill: #1a7f37 }
              .ours .bar { fill: #1a7f37 }
              @media (prefers-color-scheme: dark) {
                text { fill: #e6edf3 }
                .page { fill: #0d1117; stroke: #3d444d }
                .bar { fill: #6e7681 }
                .ours text, .ours .bar { fill: #3fb950 }
              }
            </style>
            <rect class="page" x="0.5" y="0.5" width="{{Width - 1}}" height="{{top - 1}}" rx="6"/>
            {{panels}}</svg>

            """;
    }

    /// <summary>Equal values stay in the order of the tables.</summary>
    private static List<Figure> Sorted(Dictionary<string, Figure> figures)
        => [.. PeerCatalogue.NamesOf(figures.Keys).Select(peer => figures[peer]).OrderBy(figure => figure.Value)];

    private static void Draw(StringBuilder svg, int top, string heading, List<Figure> figures)
    {
        svg.AppendLine($"""<text class="heading" x="{Padding}" y="{top + 14}">{heading}</text>""")
            .AppendLine($"""<text class="end" x="{Width - Padding}" y="{top + 14}">shorter is better</text>""");
        var largest = figures.Select(figure => figure.Value).DefaultIfEmpty().Max();
        for (var row = 0; row < figures.Count; row++)
        {
            var figure = figures[row];
            var rowTop = top + HeadingHeight + (row * RowHeight);
            var textAt = rowTop + 13;
            var group = figure.Peer.StartsWith(PeerCatalogue.Ours.Name, StringComparison.Ordinal) ? "ours" : "other";

            // At least two pixels, so that every row has a visible bar.
            var length = Math.Max(2, LongestBar * (figure.Value / largest) ?? 0);
            svg.AppendLine($"""<g class="{group}">""")
                .AppendLine($"""<text class="end" x="{BarLeft - 10}" y="{textAt}">{SecurityElement.Escape(figure.Peer)}</text>""")
                .AppendLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"""<rect class="bar" x="{BarLeft}" y="{rowTop}" width="{length:0}" height="{BarHeight}"/>"""))
                .AppendLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"""<text x="{BarLeft + length + 6:0}" y="{textAt}">{SecurityElement.Escape(MarkdownTable.Cell(figure))}</text>"""))
                .AppendLine("</g>");
        }
    }
}
