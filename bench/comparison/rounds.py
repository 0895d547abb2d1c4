"""The rounds: every operation is done by all tools, one right after the other, before the next.

What the machine does besides then falls on all of them alike. The order of the tools is another
with every operation and round. Each measurement is a line of JSON, appended when it was made; a
round that was cut short is begun again, and of two measurements of the same the later counts.
"""

import datetime
import json
import subprocess
import sys
from pathlib import Path

from . import files, measure, tools

OPERATIONS = ("first", "unchanged", "changed", "restore", "single", "check", "prune")


class Results:
    """The file of measurements."""

    def __init__(self, file):
        self.file = Path(file)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.lines = read(self.file) if self.file.exists() else []

    def add(self, line):
        with open(self.file, "a") as output:
            output.write(json.dumps(line) + "\n")
        self.lines.append(line)

    def complete(self, data_set, scale, number, names):
        """Whether a round has every operation of every tool."""
        have = {
            (line["tool"], line["operation"])
            for line in self.lines
            if line.get("kind") == "measurement"
            and (line["set"], line["scale"], line["round"]) == (data_set, scale, number)
        }
        return all((name, operation) in have for name in names for operation in OPERATIONS)


def read(file):
    """All lines of a file of measurements; one that was cut off by a kill is left out."""
    lines = []
    for line in Path(file).read_text().splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            print(f"{file}: left out a line that was cut off", file=sys.stderr)
    return lines


class Round:
    """One round of one data set with fresh vaults."""

    def __init__(self, data_set, name, number, participants, results):
        self.data_set = data_set
        self.name = name
        self.number = number
        self.participants = participants
        self.results = results

    def run(self):
        for tool in self.participants:
            tool.begin()
        try:
            for turn, operation in enumerate(OPERATIONS):
                if operation == "changed":
                    self.data_set.change()
                shift = (self.number + turn) % len(self.participants)
                for tool in self.participants[shift:] + self.participants[:shift]:
                    self.measure(tool, operation)
            for tool in self.participants:
                # What pruning left must still come back.
                self.restore(tool, self.data_set.single())
        finally:
            for tool in self.participants:
                tool.remove()
            self.data_set.revert()

    def measure(self, tool, operation):
        bytes_before, objects_before = tool.stored()
        if operation in ("first", "unchanged", "changed"):
            cost = tool.backup()
        elif operation == "restore":
            cost = self.restore(tool)
        elif operation == "single":
            cost = self.restore(tool, self.data_set.single())
        elif operation == "check":
            cost = tool.check()
        else:
            cost = tool.prune()
        stored, objects = tool.stored()
        self.results.add(
            {
                "kind": "measurement",
                "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                "set": self.name,
                "scale": self.data_set.scale,
                "round": self.number,
                "tool": tool.name,
                "operation": operation,
                "wall": round(cost.wall, 3),
                "user": round(cost.user, 3),
                "system": round(cost.system, 3),
                "peak": cost.peak,
                "stored": stored,
                "added": stored - bytes_before,
                "objects": objects,
                "objects_added": objects - objects_before,
            }
        )
        print(
            f"{self.name:9} {self.number} {operation:9} {tool.name:10}"
            f" wall {cost.wall:7.2f}  cpu {cost.user + cost.system:7.2f}"
            f"  peak {cost.peak / (1 << 20):5.0f} MiB  stored {stored / 1e6:8.1f} MB"
            f" ({(stored - bytes_before) / 1e6:+.1f})",
            flush=True,
        )

    def restore(self, tool, path=None):
        """Restores, compares with what is live, and leaves nothing; a difference ends the run."""
        cost, back = tool.restore(path)
        source = self.data_set.live / (path or "")
        compared = subprocess.run(
            [sys.executable, files.__file__, source, back], capture_output=True, text=True
        )
        if compared.returncode != 0:
            raise measure.Failed(
                f"{tool.name} did not bring back {source} as it was: {compared.stderr.strip()}"
            )
        tool.remove_back()
        return cost


def participants(names, data_set, work, launchers, regions, servers=None):
    """The tools of these names, each with a directory of its own below work, and a bucket of its
    own if there are servers."""
    made = []
    for number, name in enumerate(names, 1):
        tool = tools.make(name, Path(work) / "tools" / name, data_set.live, launchers, regions)
        tool.sparse = data_set.name == "sparse"
        if servers:
            tool.use(servers, f"lifeboat-{number}")
        made.append(tool)
    return made
