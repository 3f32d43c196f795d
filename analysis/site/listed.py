"""Pages written from data: the recipes, and what a run file holds."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lsnn_core.files.schema import TABLE, Entry

from .cells import fenced


def recipe_pages(folder: Path) -> dict[str, str]:
    """Return a page for each recipe of a folder, by its name, and what lists them, under ``""``."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.toml"))}
    recipes = {name: tomllib.loads(text) for name, text in texts.items()}
    pages = {name: _recipe(name, recipes[name], text) for name, text in texts.items()}
    return {"": _lists(recipes), **pages}


def run_file_tables() -> str:
    """Return the table of all datasets that a run file may have, by group."""
    groups: dict[str, list[Entry]] = {}
    for entry in TABLE:
        groups.setdefault(entry.path.partition("/")[0], []).append(entry)
    single = [group for group, entries in groups.items() if entries[0].path == group]
    at_the_top = [entry for group in single for entry in groups.pop(group)]
    parts = [_datasets(at_the_top)]
    for group, entries in groups.items():
        parts += [f"### `/{group}`", _datasets(entries)]
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _recipe(name: str, recipe: dict[str, Any], text: str) -> str:
    parts = [f"# {name}", f"{recipe['title']}.", fenced(f"lsnn train {name}", "bash")]
    if "base" in recipe:
        base = recipe["base"]
        parts.append(f"What is not said here is as in [{base}]({base}.md).")
    parts.append(fenced(text, "toml"))
    return "\n\n".join(parts) + "\n"


def _lists(recipes: dict[str, dict[str, Any]]) -> str:
    """Return a table of recipes for each task, and where they are in the site's navigation."""
    by_task: dict[str, list[str]] = {}
    for name in recipes:
        by_task.setdefault(_task(name, recipes), []).append(name)
    parts = []
    for task, names in by_task.items():
        rows = [(f"[{name}](tasks/recipes/{name}.md)", recipes[name]["title"]) for name in names]
        parts += [f"## {task}", table(("recipe", "what it trains"), rows)]
    places = [f"tasks/recipes/{name}" for names in by_task.values() for name in names]
    parts.append(fenced("\n".join([":hidden:", "", *places]), "{toctree}"))
    return "\n\n".join(parts) + "\n"


def _task(name: str, recipes: dict[str, dict[str, Any]]) -> str:
    """Return the name of a recipe's task, which its base may say."""
    while "name" not in recipes[name].get("task", {}):
        name = recipes[name]["base"]
    return str(recipes[name]["task"]["name"])


def _datasets(entries: Iterable[Entry]) -> str:
    rows = [(f"`{_in_group(e.path)}`", e.dims, e.units, e.description) for e in entries]
    return table(("dataset", "axes", "unit", "meaning"), rows)


def _in_group(path: str) -> str:
    """Return a path without its group, which the heading says: it has to go on a phone."""
    return path.partition("/")[2] or path
