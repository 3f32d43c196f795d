"""`lsnn evaluate RUN.h5`: test a trained network, and record an example for the figures."""

from __future__ import annotations

import argparse


class Evaluate:
    """Run the held-out data through a trained network."""

    help = "test a trained network and record an example for the figures"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the run file and the split."""
        parser.add_argument("run", metavar="RUN.h5", help="run file")
        parser.add_argument("--split", choices=("validation", "test"), default="test")

    def run(self, args: argparse.Namespace) -> int:
        """Print each metric; write the recording and the metrics into the file."""
        from .. import lookover

        lookover.start()  # while this process imports what is heavy

        from ..files import check_output
        from ..runs.training_run import TrainingRun
        from ..text import printable
        from ..words import say
        from .progress import report_losses, sole_writer

        with sole_writer(args.run):
            check_output(args.run, overwrite=True)
            run = TrainingRun.resume(args.run, to_learn=False)
            if run.note:
                say(run.note)
            t = run.trainer
            try:
                metrics = t.evaluate(args.split)
                run.examples = t.learner.record(t.config.seed)
            finally:
                t.close()
            for name, value in metrics.items():  # first: a full disk does not take them away
                print(printable(f"{name.replace('/', ' ')} {value:.4f}"))
            report_losses(run)
            run.save(run.status)
        return 0


evaluate = Evaluate()
