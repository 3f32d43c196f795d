"""`lsnn inspect RUN.h5`: what a run file holds, without reading its data."""

from __future__ import annotations

import argparse

from ..text import printable

_WIDEST = 2000  # characters of one line; the file decides how long its texts are


class Inspect:
    """Print a run's status, attributes and datasets, and with ``--config`` its recipe."""

    help = "show what a run file holds"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the run files and `--config`."""
        parser.add_argument("runs", metavar="RUN.h5", nargs="+", help="run files to look into")
        parser.add_argument(
            "--config",
            action="store_true",
            help="print the resolved recipe instead; `lsnn train` takes it as a file",
        )

    def run(self, args: argparse.Namespace) -> int:
        """Print what the files say of themselves, every control character escaped."""
        from .. import lookover

        lookover.start()  # while this process imports what is heavy

        from ..files import describe
        from ..files.reader import read_run  # reads HDF5: too heavy for --help

        for path in args.runs:
            with read_run(path) as run:
                text = run.config if args.config else describe(run)
            for line in text.rstrip("\n").split("\n"):
                print(printable(line, _WIDEST))
        return 0


inspect = Inspect()
