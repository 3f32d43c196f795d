"""`lsnn recipes`: what can be trained by name."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..text import printable

if TYPE_CHECKING:
    from pathlib import Path


class Recipes:
    """List the shipped recipes, one a line: name, two spaces, title."""

    help = "list the recipes that `lsnn train` knows by name"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare nothing: the verb takes no arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Print the list."""
        from ..config.recipes import find_recipes  # brings the whole configuration: not for --help

        found = find_recipes()
        width = max(map(len, found), default=0)
        for name, path in found.items():
            print(f"{printable(name):{width}}  {printable(_title(path))}")
        return 0


def _title(path: Path) -> str:
    from ..config.toml import read_toml

    try:
        return str(read_toml(path).get("title", ""))
    except UsageError as error:  # another package's damaged recipe must not hide the rest
        return f"({error})"


recipes = Recipes()
