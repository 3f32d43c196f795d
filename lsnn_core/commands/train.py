"""`lsnn train RECIPE`: from a recipe to a run file."""

from __future__ import annotations

import argparse
import os
import shlex
from functools import partial

from ..choices import ON_NAN


class Train:
    """Train the network of a recipe and leave one HDF5 file."""

    help = "train the network of a recipe into a run file"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the recipe, overrides and the output."""
        parser.add_argument("recipe", help="name of a shipped recipe (`lsnn recipes`), or a .toml")
        parser.add_argument(
            "--set",
            metavar="SECTION.KEY=VALUE",
            action="append",
            default=[],
            help="override one key of the recipe; may be given several times",
        )
        parser.add_argument("--out", metavar="RUN.h5", help="run file (default: RECIPE.h5)")
        there = parser.add_mutually_exclusive_group()
        there.add_argument("--overwrite", action="store_true", help="replace an existing run file")
        there.add_argument(
            "--resume-or-start",
            action="store_true",
            help="go on with the run file if it is there: one command for a queue that stops jobs",
        )
        parser.add_argument(
            "--from",
            dest="source",
            metavar="RUN.h5",
            help="start from the weights of another run (and its seed, if none is given)",
        )
        parser.add_argument(
            "--on-nan",
            choices=ON_NAN,
            help="at a batch without a finite loss or gradient (training.on_nan; default: stop)",
        )
        parser.add_argument(
            "--metrics",
            metavar="FILE.jsonl",
            nargs="?",
            const="",
            help="write a line for each iteration (default: RUN.metrics.jsonl)",
        )

    def run(self, args: argparse.Namespace) -> int:
        """Check everything that can be checked, then train."""
        from ..config.recipes import apply_overrides, configure, load_recipe

        overrides = with_on_nan(args.set, args.on_nan)
        seed_given = "seed" in apply_overrides(load_recipe(args.recipe), overrides)
        if args.source and not seed_given:
            from ..runs.beginning import seed_of

            overrides = [*overrides, f"seed={seed_of(args.source)}"]
        config = configure(args.recipe, overrides)

        from .. import lookover
        from ..files import check_output
        from ..learning.models import make_task
        from ..learning.trainer import Trainer
        from ..ranks.exchange import current
        from ..runs.beginning import begin_from
        from ..runs.continuing import require_same
        from ..runs.training_run import TrainingRun
        from ..words import say
        from .going_on import go_on
        from .progress import sole_writer, train

        there = args.overwrite or args.resume_or_start
        ranks = current()
        path = ranks.first(lambda: check_output(args.out or f"{config.name}.h5", there))
        iterations = config.training.iterations
        with sole_writer(path):
            if args.resume_or_start and ranks.first(path.exists):
                lookover.start()
                same = partial(require_same, path, wanted=config, seed_given=seed_given)
                return go_on(path, require=same, metrics=args.metrics)
            trainer, history = Trainer(config, make_task(config)), []
            if args.source:
                history.append(begin_from(trainer, args.source))
            command = typed(args.recipe, overrides, args.source)
            run = TrainingRun(trainer, path, command=command, history=history)
            say(f"{config.name}: seed {config.seed}, {iterations} iterations -> {path}")
            return train(run, args.metrics)


def with_on_nan(overrides: list[str], on_nan: str | None) -> list[str]:
    """Return the overrides of ``--set``, with what ``--on-nan`` says."""
    return [*overrides, *([f"training.on_nan={on_nan}"] if on_nan else [])]


def typed(recipe: str, overrides: list[str], source: str | None = None) -> str:
    """Return the command that trains the same again; of a path only the file's name."""
    words = [w for override in overrides for w in ("--set", override)]
    words += ["--from", os.path.basename(source)] if source else []
    return shlex.join(["lsnn", "train", os.path.basename(recipe), *words])


train = Train()
