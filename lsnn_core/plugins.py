"""Commands, tasks, recipes and figures, found by name among the installed packages.

A package offers them as entry points, so the core imports neither `tasks` nor `analysis`, and a
user's own package adds to the lists in the same way as they do.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from .errors import LsnnError, UsageError
from .text import hint, show

COMMANDS = "lsnn.commands"
TASKS = "lsnn.tasks"
RECIPES = "lsnn.recipes"
FIGURES = "lsnn.figures"

_OWN = "lsnn"  # the distribution that holds this file


def find(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of `group` by name, sorted; nothing is imported.

    Our own names win over those of other packages, so installing one never changes what a recipe
    means.
    """
    points = sorted(entry_points(group=group), key=_precedence, reverse=True)
    return dict(sorted({point.name: point for point in points}.items()))


def load(group: str, name: str) -> Any:
    """Import and return what `name` stands for in `group`.

    Raises
    ------
    UsageError
        If there is no such name; the nearest one is suggested.
    LsnnError
        If its package cannot be imported.
    """
    points = find(group)
    if name not in points:
        kind = group.rpartition(".")[2].rstrip("s")
        raise UsageError(f"{kind} {show(name)} does not exist; {hint(name, points)}")
    return load_point(points[name])


def load_point(point: EntryPoint) -> Any:
    """Import and return what one entry point stands for."""
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        kind = point.group.rpartition(".")[2].rstrip("s")
        package = point.dist.name if point.dist else "its package"
        raise LsnnError(
            f"{kind} {point.name!r} cannot be loaded from {point.value}: {error};"
            f" reinstall {package}"
        ) from error


def folder(point: EntryPoint) -> Path:
    """Return the folder of the package that an entry point names (recipes are files)."""
    return Path(load_point(point).__path__[0])


def _precedence(point: EntryPoint) -> tuple[bool, str]:
    package = point.dist.name if point.dist else ""
    return package != _OWN, package
