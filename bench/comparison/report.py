"""Tables, a chart and machine-readable medians from measurements."""

import csv
import json
import statistics
from pathlib import Path

from . import chart, goals, rounds

MEBI = 1 << 20
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
DONE = {
    "first": "first backup",
    "unchanged": "unchanged night",
    "changed": "second night, changed",
    "restore": "full restore",
    "single": "restore of one file",
    "check": "check of all data",
    "prune": "prune to one snapshot",
}
BACKUPS = ("first", "unchanged", "changed")
FIGURES = ("wall", "user", "system", "cpu", "peak", "stored", "added", "objects", "objects_added")


class Measurements:
    """All measurements of some files: the last of each round counts."""

    def __init__(self, paths):
        self.runs, self.by_round = [], {}
        for path in paths:
            for line in rounds.read(path):
                if line["kind"] == "run":
                    self.runs.append(line)
                elif line["kind"] == "measurement":
                    line["cpu"] = line["user"] + line["system"]
                    # Rounds of different files are different rounds.
                    key = (line["set"], line["operation"], line["tool"])
                    self.by_round.setdefault(key, {})[(str(path), line["round"])] = line
        self.sets = list(dict.fromkeys(key[0] for key in self.by_round))
        self.tools = list(dict.fromkeys(key[2] for key in self.by_round))

    def median(self, data_set, operation, tool, figure):
        lines = self.by_round.get((data_set, operation, tool), {}).values()
        return statistics.median(line[figure] for line in lines) if lines else None

    def count(self, data_set):
        return min(
            (len(lines) for (name, _, _), lines in self.by_round.items() if name == data_set),
            default=0,
        )

    def share(self, data_set, operation, tool, peer, figure):
        """The median over the rounds of what a tool takes of what its peer takes in the same."""
        mine = self.by_round.get((data_set, operation, tool), {})
        theirs = self.by_round.get((data_set, operation, peer), {})
        shares = [
            line[figure] / theirs[key][figure]
            for key, line in mine.items()
            if key in theirs and theirs[key][figure] > 0
        ]
        return statistics.median(shares) if shares else None

    def latest_run(self, data_set):
        return [run for run in self.runs if run["set"] == data_set][-1]


def write(paths, output, docs=None):
    """Writes report.md, medians.csv, medians.json and chart.svg to output; to docs too, the chart
    and, between its markers, the table of performance.md."""
    output.mkdir(parents=True, exist_ok=True)
    measured = Measurements(paths)
    markdown = report(measured)
    medians = list(rows(measured))
    drawing = chart.draw(measured, DONE)
    (output / "report.md").write_text(markdown)
    (output / "chart.svg").write_text(drawing)
    (output / "medians.json").write_text(json.dumps(medians, indent=1) + "\n")
    with open(output / "medians.csv", "w", newline="") as file:
        table = csv.DictWriter(file, list(medians[0]))
        table.writeheader()
        table.writerows(medians)
    if docs:
        (docs / "performance.svg").write_text(drawing)
        page = docs / "performance.md"
        text = page.read_text()
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        page.write_text(f"{before}{BEGIN}\n{markdown}{END}{after}")
    print(markdown)
    print(f"written to {output}")


def rows(measured):
    for (data_set, operation, tool), lines in measured.by_round.items():
        row = {"set": data_set, "operation": operation, "tool": tool, "rounds": len(lines)}
        for figure in FIGURES:
            row[figure] = round(statistics.median(line[figure] for line in lines.values()), 3)
        yield row


def report(measured):
    parts = [machine(measured)]
    for data_set in measured.sets:
        parts.append(section(measured, data_set))
    parts.append(goal_table(measured))
    return "\n".join(part for part in parts if part)


def machine(measured):
    run = measured.runs[-1]
    where = run["machine"]
    # Different sets may have been measured with different versions; each is told.
    versions = dict.fromkeys(v for one in measured.runs for v in one["versions"].values())
    return (
        f"Measured on {run['at'][:10]} with {'; '.join(versions)}, on {where['cores']} cores"
        f" of a {where['cpu']}, {where['memory'] / (1 << 30):.0f} GiB of memory, Linux"
        f" {where['kernel']}.\n"
    )


def section(measured, data_set):
    run = measured.latest_run(data_set)
    tools = [t for t in measured.tools if any(k[0] == data_set and k[2] == t for k in measured.by_round)]
    peers = [tool for tool in tools if tool != tools[0]]
    rounds_made = measured.count(data_set)
    counted = "One round" if rounds_made == 1 else f"Medians of {rounds_made} rounds"
    scale = "" if run["scale"] == 1 else f", at {run['scale']:g} of its size"
    lines = [
        f"### {run['title'][0].upper()}{run['title'][1:]}",
        "",
        f"{counted}{scale}, on {run['machine']['file_system']}."
        " Wall s · CPU s · peak MiB; behind them Lifeboat's share of the peer's wall and CPU time.",
        "",
        "| work | " + " | ".join(tools) + " | " + " | ".join(f"÷ {peer}" for peer in peers) + " |",
        "|---|" + "---|" * (len(tools) + len(peers)),
    ]
    for operation, title in DONE.items():
        cells = []
        for tool in tools:
            wall, cpu, peak = (
                measured.median(data_set, operation, tool, f) for f in ("wall", "cpu", "peak")
            )
            cells.append(f"{wall:.2f} · {cpu:.2f} · {peak / MEBI:.0f}" if wall is not None else "–")
        for peer in peers:
            shares = [
                measured.share(data_set, operation, tools[0], peer, f) for f in ("wall", "cpu")
            ]
            cells.append(" · ".join("–" if s is None else f"{s:.2f}" for s in shares))
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    for operation, figure, title in (
        ("first", "stored", "stored by the first night, MB (objects)"),
        ("unchanged", "added", "added by an unchanged night, MB (objects)"),
        ("changed", "added", "added by the second night, MB (objects)"),
        ("prune", "stored", "left after pruning, MB (objects)"),
    ):
        counted = "objects" if figure == "stored" else "objects_added"
        cells = []
        for tool in tools:
            size = measured.median(data_set, operation, tool, figure)
            objects = measured.median(data_set, operation, tool, counted)
            cells.append("–" if size is None else f"{size / 1e6:,.1f} ({objects:.0f})")
        for peer in peers:
            share = measured.share(data_set, operation, tools[0], peer, figure)
            cells.append("–" if share is None else f"{share:.2f}")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def goal_table(measured):
    mine = measured.tools[0]
    lines = [
        "### Goals",
        "",
        "What Lifeboat takes of a peer's figure: the median over the rounds of the ratio within one.",
        "",
        "| work | figure | against | goal | measured | |",
        "|---|---|---|---|---|---|",
    ]
    names = {"stored": "bytes stored", "added": "bytes added", "cpu": "CPU", "wall": "wall"}
    for data_set, operation, figure, peer, goal in goals.SHARES:
        share = measured.share(data_set, operation, mine, peer, figure)
        if share is not None:
            lines.append(
                f"| {data_set}: {DONE[operation]} | {names[figure]} | {peer} | ≤ {goal:.2f} |"
                f" {share:.2f} | {'met' if share <= goal else 'missed'} |"
            )
    for data_set in measured.sets:
        peaks = [
            (measured.median(data_set, operation, mine, "peak"), DONE[operation])
            for operation in DONE
            if measured.median(data_set, operation, mine, "peak") is not None
        ]
        if peaks:
            peak, operation = max(peaks)
            met = "met" if peak <= goals.PEAK_MIB * MEBI else "missed"
            lines.append(
                f"| {data_set}: largest of all, the {operation} | peak memory | |"
                f" ≤ {goals.PEAK_MIB} MiB | {peak / MEBI:.0f} MiB | {met} |"
            )
    return "\n".join(lines) + "\n" if len(lines) > 6 else ""
