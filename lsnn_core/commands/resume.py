"""`lsnn resume RUN.h5`: go on where a run stopped, to the same bits."""

from __future__ import annotations

import argparse


class Resume:
    """Continue an interrupted run to its end."""

    help = "go on with a run that was stopped"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the run file."""
        parser.add_argument("run", metavar="RUN.h5", help="run file that `lsnn train` left")

    def run(self, args: argparse.Namespace) -> int:
        """Restore the trainer and train to the end."""
        from .. import lookover

        lookover.start()  # while this process imports what is heavy

        from ..runs.training_run import TrainingRun
        from ..words import say
        from .progress import report_losses, sole_writer, train

        with sole_writer(args.run):
            run = TrainingRun.resume(args.run)
            t = run.trainer
            report_losses(run)
            if run.complete:
                say(f"{args.run}: complete after {t.iteration} iterations; nothing to do")
                t.close()
                return 0
            if run.note:
                say(run.note)
            say(f"{args.run}: going on from iteration {t.iteration}")
            return train(run)


resume = Resume()
