using System.Globalization;
using System.Security;
using System.Text;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>Bars on logarithmic scales, as an SVG that can be read on a light and on a dark page.</summary>
internal static class Chart
{
    private const int RowHeight = 26;
    private const int Labels = 500;
    private const int PanelWidth = 300;
    private const int Top = 56;

    private static readonly (string Scenario, string Figure, string Heading)[] Panels =
    [
        ("hot-path", "added", "added to a call that has its token"),
        ("real-time", "token requests in 330 s", "token requests in 330 s, tokens of 299 s"),
    ];

    public static string Of(ResultStore store)
    {
        var panels = Panels.Select(panel => (panel.Heading, Figures: store.Load(panel.Scenario, panel.Figure))).ToList();
        var peers = PeerCatalogue.NamesOf(panels.SelectMany(panel => panel.Figures.Keys)).ToList();
        var height = Top + (peers.Count * RowHeight) + 16;
        var width = Labels + (panels.Count * PanelWidth) + 20;

        var svg = new StringBuilder();
        svg.AppendLine($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="This library beside its peers">""");
        svg.AppendLine("""
            <style>
              text { font: 13px system-ui, sans-serif; fill: #1f2328 }
              .heading { font-weight: 600 }
              .peer { text-anchor: end }
              .bar { fill: #8c959f }
              .ours { fill: #1a7f37 }
              text.ours { font-weight: 600; fill: #1a7f37 }
              @media (prefers-color-scheme: dark) {
                text { fill: #e6edf3 }
                .bar { fill: #6e7681 }
                .ours, text.ours { fill: #3fb950 }
              }
            </style>
            """);
        for (var row = 0; row < peers.Count; row++)
        {
            svg.AppendLine($"""<text class="peer{Ours(peers[row])}" x="{Labels - 12}" y="{TextAt(row)}">{SecurityElement.Escape(peers[row])}</text>""");
        }

        for (var panel = 0; panel < panels.Count; panel++)
        {
            Draw(svg, Labels + (panel * PanelWidth), panels[panel].Heading, panels[panel].Figures, peers);
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private static void Draw(
        StringBuilder svg,
        int left,
        string heading,
        Dictionary<string, Figure> figures,
        List<string> peers)
    {
        const int LongestBar = PanelWidth - 100;
        var largest = figures.Values.Select(figure => figure.Value ?? 0).DefaultIfEmpty(10).Max();
        svg.AppendLine($"""<text class="heading" x="{left}" y="22">{heading}</text>""");
        svg.AppendLine($"""<text x="{left}" y="40">logarithmic, shorter is better</text>""");
        for (var row = 0; row < peers.Count; row++)
        {
            var figure = figures.GetValueOrDefault(peers[row]);

            // The scale begins at 1; what is less, or lost in the noise, is a hairline.
            var length = figure?.Value is { } value ? Math.Max(2, LongestBar * Math.Log10(Math.Max(1, value)) / Math.Log10(largest)) : 0;
            svg.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"""<rect class="bar{Ours(peers[row])}" x="{left}" y="{Top + (row * RowHeight)}" width="{length:0}" height="{RowHeight - 8}" rx="2"/>"""));
            svg.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"""<text x="{left + length + 6:0}" y="{TextAt(row)}">{SecurityElement.Escape(MarkdownTable.Cell(figure))}</text>"""));
        }
    }

    private static int TextAt(int row) => Top + (row * RowHeight) + 14;

    private static string Ours(string peer) => peer.StartsWith("TencentCiam", StringComparison.Ordinal) ? " ours" : "";
}
