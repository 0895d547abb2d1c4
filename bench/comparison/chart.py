"""The chart: for each data set a panel, for each operation a bar a tool, as long as its wall time.

Every panel has its own scale, the longest bar filling it, and every bar its figure."""

from html import escape

COLOURS = ("#0b6e99", "#c9a227", "#a8a8a8", "#7a5195", "#4c9f70")
WIDTH, LABEL, FIGURE, BAR, GAP, HEAD = 880, 190, 64, 11, 8, 44


def draw(measured, operations):
    panels, top = [], 56
    for data_set in measured.sets:
        shown = [
            (
                title,
                [
                    (tool, measured.median(data_set, operation, tool, "wall"))
                    for tool in measured.tools
                ],
            )
            for operation, title in operations.items()
        ]
        shown = [(title, [b for b in bars if b[1] is not None]) for title, bars in shown]
        shown = [(title, bars) for title, bars in shown if bars]
        drawn, height = panel(measured, data_set, shown, top)
        panels.append(drawn)
        top += height
    legend = "".join(
        f'<rect x="{LABEL + 130 * i}" y="30" width="11" height="11" fill="{colour(measured, tool)}"/>'
        f'<text x="{LABEL + 17 + 130 * i}" y="40">{escape(tool)}</text>'
        for i, tool in enumerate(measured.tools)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}"'
        f' viewBox="0 0 {WIDTH} {top}" font-family="sans-serif" font-size="12" fill="#222">\n'
        f'<rect width="{WIDTH}" height="{top}" fill="#fff"/>\n'
        f'<text x="{LABEL}" y="18" font-size="14" font-weight="bold">Wall-clock seconds, medians;'
        " shorter is better</text>\n"
        f"{legend}\n{''.join(panels)}</svg>\n"
    )


def colour(measured, tool):
    return COLOURS[measured.tools.index(tool) % len(COLOURS)]


def panel(measured, data_set, shown, top):
    longest = max(wall for _, bars in shown for _, wall in bars)
    scale = (WIDTH - LABEL - FIGURE) / longest
    title = measured.latest_run(data_set)["title"]
    parts = [
        f'<text x="12" y="{top + 24}" font-weight="bold">{escape(data_set)}</text>'
        f'<text x="{LABEL}" y="{top + 24}" fill="#555">{escape(title)}</text>\n'
    ]
    y = top + HEAD - 8
    for operation, bars in shown:
        middle = y + len(bars) * BAR / 2 + 4
        parts.append(f'<text x="{LABEL - 10}" y="{middle:.0f}" text-anchor="end">{escape(operation)}</text>\n')
        for tool, wall in bars:
            length = max(1.0, wall * scale)
            parts.append(
                f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR - 1}"'
                f' fill="{colour(measured, tool)}"/>'
                f'<text x="{LABEL + length + 5:.1f}" y="{y + BAR - 2}" font-size="10">{wall:.2f}</text>\n'
            )
            y += BAR
        y += GAP
    return "".join(parts), y - top + 6
