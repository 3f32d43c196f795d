"""Commands, tasks, recipes and figures, found by name among the installed packages.

A package offers them as entry points, so the core imports neither `tasks` nor `analysis`, and a
user's own package adds to the lists in the same way as they do.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .errors import LsnnError, UsageError
from .text import hint, printable, show

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
    _refuse_shadow(point)
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        kind = point.group.rpartition(".")[2].rstrip("s")
        package = point.dist.name if point.dist else "its package"
        raise LsnnError(
            f"{kind} {point.name!r} cannot be loaded from {point.value}: {error};"
            f" reinstall {package}"
        ) from error


def _refuse_shadow(point: EntryPoint) -> None:
    """Name the user's own `tasks.py` or `analysis` that Python finds instead of our package."""
    if point.dist is None or point.dist.name != _OWN:
        return
    package = point.value.partition(":")[0].partition(".")[0]
    own = Path(__file__).parents[1] / package
    spec = find_spec(package) if own.is_dir() else None
    origin = spec.origin if spec else None
    if origin is None or Path(origin).parent.samefile(own):
        return
    path = Path(origin).parent if Path(origin).name == "__init__.py" else Path(origin)
    kind = "folder" if path.is_dir() else "file"
    raise LsnnError(
        f"{printable(path)}: this {kind} hides the package {package!r} of lsnn, which is in"
        f" {printable(own)}; rename it, or take its folder off the path (PYTHONPATH; with"
        " `python -m` the working folder; use `lsnn` instead)"
    )


def folder(point: EntryPoint) -> Path:
    """Return the folder of the package that an entry point names (recipes are files)."""
    return Path(load_point(point).__path__[0])


def _precedence(point: EntryPoint) -> tuple[bool, str]:
    package = point.dist.name if point.dist else ""
    return package != _OWN, package
