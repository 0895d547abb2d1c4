"""The command line of bench/compare."""

import argparse
import datetime
import shutil
import sys
from pathlib import Path

from . import datasets, machine, measure, report, rounds, s3, tools

ROOT = Path(__file__).resolve().parents[2]


def main(arguments):
    words = arguments or ["run"]
    if words[0].startswith("-") and words[0] not in ("-h", "--help"):
        words = ["run", *words]
    options = parser().parse_args(words)
    try:
        return options.action(options)
    except measure.Failed as failure:
        print(f"compare: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("compare: interrupted; the same command goes on", file=sys.stderr)
        return 5


def parser():
    top = argparse.ArgumentParser(
        prog="bench/compare", description="Lifeboat, restic and borg side by side over the same data."
    )
    commands = top.add_subparsers(required=True)
    run = commands.add_parser("run", help="measure, then report (what happens without a command)")
    data = commands.add_parser("data", help="only make the data sets, and say where they lie")
    for command in (run, data):
        command.add_argument(
            "--sets",
            default=",".join(datasets.ALL),
            help=f"which data sets, of {','.join(datasets.ALL)} (default: all)",
        )
        command.add_argument("--scale", type=float, default=1.0, help="size of the data (default 1)")
        command.add_argument(
            "--work",
            type=Path,
            help="where data and vaults lie (default: a directory in memory if there is room, because"
            " a shared machine drops cached files, else /var/tmp/lifeboat-compare)",
        )
        command.add_argument(
            "--disk",
            type=Path,
            default=Path("/var/tmp/lifeboat-compare"),
            help="where the sparse image is restored and kept (default %(default)s)",
        )
    run.add_argument("--rounds", type=int, default=5, help="measurements of each (default 5)")
    run.add_argument("--tools", default="lifeboat,restic,borg", help="default: %(default)s")
    run.add_argument(
        "--lifeboat",
        metavar="[NAME=]LAUNCHER",
        action="append",
        default=[],
        help="another launcher; with a name, beside the checkout's own, to compare two versions",
    )
    run.add_argument("--regions", type=int, default=1, help="regions of Lifeboat's vault (default 1)")
    run.add_argument(
        "--s3",
        action="store_true",
        help="keep the vaults in an S3 server on loopback, over TLS, in memory; without borg, which"
        " has no such vaults",
    )
    run.add_argument(
        "--output",
        type=Path,
        default=ROOT / "bench" / "target" / "compare",
        help="where results and report go (default bench/target/compare); a run that was stopped"
        " goes on there",
    )
    run.add_argument("--keep-data", action="store_true", help="do not remove the data at the end")
    run.add_argument("--docs", action="store_true", help="bring docs/performance.md up to date too")
    run.set_defaults(action=do_run)
    data.set_defaults(action=do_data)
    reporting = commands.add_parser("report", help="make table and chart from measurements")
    reporting.add_argument("file", type=Path, nargs="+")
    reporting.add_argument("--output", type=Path, help="default: beside the first file")
    reporting.add_argument("--docs", action="store_true", help="bring docs/performance.md up to date")
    reporting.set_defaults(action=do_report)
    return top


def chosen(options):
    names = options.sets.split(",")
    for name in names:
        if name not in datasets.ALL:
            sys.exit(f"compare: no data set is called {name}; there are {', '.join(datasets.ALL)}")
    return [datasets.ALL[name] for name in names]


def place(kind, options, count):
    """The directory for a data set and the vaults of it."""
    needed = kind(Path("/"), options.scale).needs(count)
    if kind.on_disk:
        work = options.disk
    else:
        work = options.work or options.chosen_work
    made = kind(work, options.scale)
    there = sum(
        f.lstat().st_blocks * 512 for f in (made.home.rglob("*") if made.home.exists() else ())
    )
    room = machine.free(work) + there
    print(
        f"{kind.name}: {kind.title}\n  in {made.home}, needs {needed / 1e9:.1f} GB of the"
        f" {room / 1e9:.1f} GB there",
        file=sys.stderr,
    )
    if room < needed:
        sys.exit(f"compare: no room for {kind.name} in {work}: name another with --work or --disk,"
                 " or make it smaller with --scale")
    return work, made


def choose_work(options, kinds, count):
    in_memory = [kind(Path("/"), options.scale).needs(count) for kind in kinds if not kind.on_disk]
    options.chosen_work = machine.roomy(max(in_memory, default=0))


def do_data(options):
    kinds = chosen(options)
    choose_work(options, kinds, 0)
    for kind in kinds:
        machine.install(kind.programs)
        _, data_set = place(kind, options, 0)
        data_set.prepare()
        print(data_set.live)
    return 0


def do_run(options):
    launchers, names = {}, options.tools.split(",")
    for given in options.lifeboat:
        name, _, path = given.rpartition("=")
        launchers[name or "lifeboat"] = Path(path).resolve()
        if name and name not in names:
            names.append(name)
    launchers.setdefault("lifeboat", ROOT / "lifeboat")
    for name in names:
        if name not in launchers and name not in ("restic", "borg"):
            sys.exit(f"compare: no tool is called {name}")
    if options.s3:
        if options.regions != 1:
            sys.exit("compare: --s3 is for one region; what more of them cost tells bench/regions")
        names = [name for name in names if name != "borg"]
    kinds = chosen(options)
    machine.install([*names, *(program for kind in kinds for program in kind.programs)])
    choose_work(options, kinds, len(names))
    results = rounds.Results(options.output / "results.jsonl")
    for kind in kinds:
        work, data_set = place(kind, options, len(names))
        try:
            name = f"{kind.name}-s3" if options.s3 else kind.name
            if not all(results.complete(name, options.scale, n, names) for n in range(options.rounds)):
                describe_run(options, name, names, launchers, work, data_set, results)
                data_set.prepare()
            for number in range(options.rounds):
                if not results.complete(name, options.scale, number, names):
                    one_round(options, name, number, names, launchers, work, data_set, results)
        finally:
            shutil.rmtree(work / "tools", ignore_errors=True)
        if not options.keep_data:
            shutil.rmtree(data_set.home)
    report.write([results.file], options.output, ROOT / "docs" if options.docs else None)
    return 0


def one_round(options, name, number, names, launchers, work, data_set, results):
    # Their memory is given back with every round.
    servers = s3.Servers(1, len(names)) if options.s3 else None
    try:
        made = rounds.participants(names, data_set, work, launchers, options.regions, servers)
        rounds.Round(data_set, name, number, made, results).run()
    finally:
        if servers:
            servers.close()


def describe_run(options, set_name, names, launchers, work, data_set, results):
    """A line that says with what the measurements behind it were made."""
    results.add(
        {
            "kind": "run",
            "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "set": set_name,
            "title": data_set.title + (", in S3 on loopback" if options.s3 else ""),
            "scale": options.scale,
            "versions": {
                name: tools.make(name, work, work, launchers, options.regions).version()
                for name in names
            },
            "machine": machine.describe(work if work.exists() else work.parent),
            "regions": options.regions,
        }
    )


def do_report(options):
    output = options.output or options.file[0].parent
    report.write(options.file, output, ROOT / "docs" if options.docs else None)
    return 0
