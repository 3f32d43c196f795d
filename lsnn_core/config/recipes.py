"""Recipes: TOML files that describe a run, shipped by a package or written by the user.

A recipe that differs little from a shipped one says so by ``base = "smnist-deepr"`` at its top, and
then only what differs.
"""

from __future__ import annotations

import copy
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .. import plugins
from ..errors import UsageError
from ..text import hint, printable, show
from .settings import refuse
from .tables import RunConfig, from_mapping
from .toml import merge_tables, read_toml


def find_recipes() -> dict[str, Path]:
    """Return the files of all shipped recipes by name (the file's name without ``.toml``)."""
    found: dict[str, Path] = {}
    for point in plugins.find(plugins.RECIPES).values():
        for path in sorted(plugins.folder(point).glob("*.toml")):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def load_recipe(name_or_path: str) -> dict[str, Any]:
    """Return the tables of a recipe, not yet validated.

    Parameters
    ----------
    name_or_path
        The name of a shipped recipe, or a path: whatever ends in ``.toml`` or has a folder in it.
    """
    if name_or_path.endswith(".toml") or os.path.basename(name_or_path) != name_or_path:
        path = Path(name_or_path)
    else:
        path = _shipped(name_or_path)
    recipe = read_toml(path)
    if "base" in recipe:
        recipe = _variant(recipe, printable(str(path)))
    recipe.setdefault("name", path.stem)
    return recipe


def apply_overrides(recipe: Mapping[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """Return a copy of `recipe` with ``section.key=value`` (or ``seed=value``) put in.

    The value is read as TOML, and taken as text if it is not: ``training.batch=64``,
    ``network.tau_a_ms=[200, 700]``, ``task.name=smnist``. Keys are checked with the whole recipe.
    """
    changed = copy.deepcopy(dict(recipe))
    for override in overrides:
        path, equals, text = override.partition("=")
        section, dot, key = path.strip().rpartition(".")
        if not equals or not key or "." in section or (dot and not section):
            refuse("--set", override, "section.key=value, such as training.batch=64")
        target = changed.setdefault(section, {}) if section else changed
        if not isinstance(target, dict):
            raise UsageError(f"--set {show(override)}: {section} is not a table")
        target[key] = _override_value(text.strip())
    return changed


def configure(name_or_path: str, overrides: Iterable[str] = ()) -> RunConfig:
    """Return the validated configuration of a recipe with overrides."""
    return from_mapping(RunConfig, apply_overrides(load_recipe(name_or_path), overrides))


def _variant(recipe: dict[str, Any], where: str) -> dict[str, Any]:
    """Return the recipe that `recipe`, found at `where`, names as its base, changed as it says.

    Name and title are a recipe's own. A base has no base: two files always tell the whole.
    """
    name = recipe["base"]
    if not isinstance(name, str):
        refuse(f"{where}: base", name, 'the name of a shipped recipe, such as "smnist-deepr"')
    known = find_recipes()
    if name not in known:
        raise UsageError(f"{where}: base {show(name)} is no shipped recipe; {hint(name, known)}")
    base = read_toml(known[name])
    if "base" in base:
        refuse(f"{where}: base", name, f"a recipe without a base, such as {show(base['base'])}")
    for own in ("name", "title"):
        base.pop(own, None)
    return merge_tables(base, {key: value for key, value in recipe.items() if key != "base"})


def _shipped(name: str) -> Path:
    known = find_recipes()
    if name not in known:
        raise UsageError(
            f"recipe {show(name)} does not exist; {hint(name, known)}"
            f" (a file of your own: ./{printable(name)}.toml)"
        )
    return known[name]


def _override_value(text: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if set(parsed) == {"value"} else text  # a line break smuggles in keys
