"""`lsnn inspect RUN.h5`: what a run file holds, and what came out of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..text import printable

if TYPE_CHECKING:
    from ..files import RunFile

_WIDEST = 2000  # characters of one line; the file decides how long its texts are


class Inspect:
    """Print a run's status, attributes and datasets, its recipe, or its results."""

    help = "show what a run file holds, its recipe or its results"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the run files, and what to print of them."""
        parser.add_argument("runs", metavar="RUN.h5", nargs="+", help="run files to look into")
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--config",
            action="store_true",
            help="print the resolved recipe instead; `lsnn train` takes it as a file",
        )
        which.add_argument(
            "--results",
            action="store_true",
            help="print the last, least and greatest value of each metric, seed and minutes",
        )
        which.add_argument(
            "--json", action="store_true", help="the same as one JSON list with an object per run"
        )
        which.add_argument(
            "--csv",
            action="store_true",
            help="print all metrics as a long table: metric,iteration,value"
            " (of several runs: run,metric,iteration,value)",
        )

    def run(self, args: argparse.Namespace) -> int:
        """Print what the files say of themselves, every control character escaped."""
        from .. import lookover

        lookover.start()  # while this process imports what is heavy

        from ..files import describe
        from ..files.results import results, results_text

        if args.csv:
            _print_csv(args.runs)
        elif args.json:
            import json

            found = list(_each(args.runs, results))
            print(json.dumps(found, indent=1, allow_nan=False))
        else:

            def text(run: RunFile) -> str:
                if args.results:
                    return results_text(results(run))
                return run.config if args.config else describe(run)

            for shown in _each(args.runs, text):
                for line in shown.rstrip("\n").split("\n"):
                    print(printable(line, _WIDEST))
        return 0


def _each(paths: Iterable[str], ask: Callable[[RunFile], Any]) -> Iterable[Any]:
    """What is asked of each file, one open at a time."""
    from ..files import read_run  # reads HDF5: too heavy for --help

    for path in paths:
        with read_run(path) as run:
            yield ask(run)


def _print_csv(paths: list[str]) -> None:
    """Print what `metric_table` has of each file; the first column says of which, if of several."""
    import csv
    import sys

    from ..files.results import metric_table

    writer = csv.writer(sys.stdout, lineterminator="\n")
    several = len(paths) > 1
    tables = _each(paths, lambda run: (run.name, metric_table(run)))
    for place, (name, table) in enumerate(tables):
        if place == 0:
            writer.writerow([*(["run"] if several else []), *table])
        for row in zip(*table.values(), strict=True):
            writer.writerow([*([name] if several else []), *row])


inspect = Inspect()
