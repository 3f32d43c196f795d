"""`lsnn watch RUN.h5 ...`: what runs have learned so far, as curves of text."""

from __future__ import annotations

import argparse
import shutil
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .curves import Series


class Watch:
    """Draw a metric of several runs into the terminal, once or again and again."""

    help = "draw curves of runs as text, also while they train"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the runs, the metrics and how often."""
        parser.add_argument("runs", nargs="+", metavar="RUN.h5", help="run files")
        parser.add_argument(
            "--metric",
            action="append",
            metavar="SPLIT/NAME",
            help="such as train/loss; may be given several times (default: loss and validation)",
        )
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="draw again, until you interrupt it"
        )

    def run(self, args: argparse.Namespace) -> int:
        """Draw a frame for each metric."""
        from ..config.settings import refuse

        if args.every is not None and not 0.1 <= args.every < 1e6:
            refuse("--every", args.every, "seconds, at least 0.1")
        while True:
            print("\n".join(_frames(args.runs, args.metric)), flush=True)
            if args.every is None:
                return 0
            time.sleep(args.every)


def _frames(runs: list[str], wanted: list[str] | None) -> list[str]:
    from ..errors import UsageError
    from ..text import hint, printable
    from .curves import curves

    found = {path: _series(path) for path in runs}
    known = sorted({name for series in found.values() for name in series})
    validation = [m for m in known if m.startswith("validation/") and m != "validation/loss"]
    width = max(shutil.get_terminal_size().columns - 16, 20)
    lines = []
    for metric in wanted or [*[m for m in known if m == "train/loss"], *validation[:1]]:
        if known and metric not in known:
            raise UsageError(f"--metric {printable(metric)}: unknown; {hint(metric, known)}")
        drawn = {printable(path): s[metric] for path, s in found.items() if metric in s}
        lines += [metric, *curves(drawn, width), ""]
    return lines[:-1] or ["nothing to draw yet"]


def _series(path: str) -> dict[str, Series]:
    """Return the series of a run: the lines beside its file, where they go on, else the file's."""
    from ..files import read_run
    from ..runs.metrics_file import beside, read_lines

    series: dict[str, Series] = {}
    with read_run(path) as file:
        done = file.iteration
        for name in file.metrics():
            step, value = file.series(f"metrics/{name}")
            series[name] = ([float(s) for s in step], [float(v) for v in value])
    lines = beside(path)
    for line in read_lines(lines) if lines.is_file() else ():
        if line["iteration"] > done:
            for name, value in line.items():
                if "/" in name and isinstance(value, int | float):
                    steps, values = series.setdefault(name, ([], []))
                    steps.append(float(line["iteration"]))
                    values.append(float(value))
    return series


watch = Watch()
