"""`lsnn train RECIPE`: from a recipe to a run file."""

from __future__ import annotations

import argparse
import os
import shlex


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
        parser.add_argument("--overwrite", action="store_true", help="replace an existing run file")

    def run(self, args: argparse.Namespace) -> int:
        """Check everything that can be checked, then train."""
        from ..config.recipes import configure

        config = configure(args.recipe, args.set)

        from ..files import check_output
        from ..learning.models import make_task
        from ..learning.trainer import Trainer
        from ..runs.training_run import TrainingRun
        from ..words import say
        from .progress import sole_writer, train

        path = check_output(args.out or f"{config.name}.h5", args.overwrite)
        iterations = config.training.iterations
        with sole_writer(path):
            command = typed(args.recipe, args.set)
            run = TrainingRun(Trainer(config, make_task(config)), path, command=command)
            say(f"{config.name}: seed {config.seed}, {iterations} iterations -> {path}")
            return train(run)


def typed(recipe: str, overrides: list[str]) -> str:
    """Return the command that trains the same again; of a recipe's path only the file's name."""
    words = [w for override in overrides for w in ("--set", override)]
    return shlex.join(["lsnn", "train", os.path.basename(recipe), *words])


train = Train()
