"""`lsnn train RECIPE`: from a recipe to a run file."""

from __future__ import annotations

import argparse
import os
import shlex
from functools import partial


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
            "--metrics",
            metavar="FILE.jsonl",
            nargs="?",
            const="",
            help="write a line for each iteration (default: RUN.metrics.jsonl)",
        )

    def run(self, args: argparse.Namespace) -> int:
        """Check everything that can be checked, then train."""
        from ..config.recipes import apply_overrides, configure, load_recipe

        config = configure(args.recipe, args.set)
        seed_given = "seed" in apply_overrides(load_recipe(args.recipe), args.set)

        from .. import lookover
        from ..files import check_output
        from ..learning.models import make_task
        from ..learning.trainer import Trainer
        from ..ranks.exchange import current
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
            command = typed(args.recipe, args.set)
            run = TrainingRun(Trainer(config, make_task(config)), path, command=command)
            say(f"{config.name}: seed {config.seed}, {iterations} iterations -> {path}")
            return train(run, args.metrics)


def typed(recipe: str, overrides: list[str]) -> str:
    """Return the command that trains the same again; of a recipe's path only the file's name."""
    words = [w for override in overrides for w in ("--set", override)]
    return shlex.join(["lsnn", "train", os.path.basename(recipe), *words])


train = Train()
