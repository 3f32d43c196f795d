"""`lsnn resume RUN.h5`: go on where a run stopped, to the same bits."""

from __future__ import annotations

import argparse

from ..choices import ON_NAN
from .train import with_on_nan


class Resume:
    """Continue an interrupted run to its end."""

    help = "go on with a run that was stopped, or train it longer"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the run file and what may change."""
        parser.add_argument("run", metavar="RUN.h5", help="run file that `lsnn train` left")
        parser.add_argument(
            "--set",
            metavar="training.iterations=N",
            action="append",
            default=[],
            help="train longer, or change training.threads, .checkpoint_every, .checkpoint_minutes",
        )
        parser.add_argument(
            "--on-nan",
            choices=ON_NAN,
            help="at a batch without a finite loss or gradient, from here on (training.on_nan)",
        )
        parser.add_argument(
            "--metrics",
            metavar="FILE.jsonl",
            nargs="?",
            const="",
            help="write a line for each iteration (default: RUN.metrics.jsonl)",
        )

    def run(self, args: argparse.Namespace) -> int:
        """Restore the trainer and train to the end."""
        from .. import lookover

        lookover.start()  # while this process imports what is heavy

        from .going_on import go_on
        from .progress import sole_writer

        with sole_writer(args.run):
            overrides = with_on_nan(args.set, args.on_nan)
            return go_on(args.run, overrides, metrics=args.metrics)


resume = Resume()
