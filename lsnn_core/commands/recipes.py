"""`lsnn recipes`: what can be trained by name, and what a name stands for."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..text import printable

if TYPE_CHECKING:
    from pathlib import Path


class Recipes:
    """List the shipped recipes, one a line: name, two spaces, title; or print one in full."""

    help = "list the recipes that `lsnn train` knows by name, or print one in full"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare which recipe to print."""
        parser.add_argument(
            "--full",
            metavar="NAME",
            help="print this recipe (or .toml) with all that its base and the defaults add;"
            " a seed that it does not give is drawn",
        )

    def run(self, args: argparse.Namespace) -> int:
        """Print the list, or the recipe asked for."""
        # The whole configuration is imported here: not for --help.
        from ..config.recipes import configure, find_recipes
        from ..config.tables import to_toml

        if args.full is not None:
            print(to_toml(configure(args.full)), end="")  # its text is escaped already
            return 0
        paths = find_recipes()
        width = max(map(len, paths), default=0)
        for name, path in paths.items():
            print(f"{printable(name):{width}}  {printable(_title(path))}")
        return 0


def _title(path: Path) -> str:
    from ..config.toml import read_toml

    try:
        return str(read_toml(path).get("title", ""))
    except UsageError as error:  # another package's damaged recipe must not hide the rest
        return f"({error})"


recipes = Recipes()
