"""A lesson as its cells: text and code in turn, read from a percent-format script.

Jupyter opens such a script as a notebook where jupytext is installed; `notebook` writes one for
where it is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from lsnn_core.errors import UsageError

FOLDER = Path(__file__).parent
_MARK = re.compile(r"^# %%(.*)\n", re.MULTILINE)


class Cell(NamedTuple):
    """Text without its comment signs, or code, and the line of the script where it begins."""

    is_text: bool
    content: str
    line: int


@dataclass(frozen=True)
class Lesson:
    """One of the lessons; `path` is its script."""

    number: int
    path: Path

    @property
    def title(self) -> str:
        """What stands above it, without its number."""
        first = self.path.read_text(encoding="utf-8").split("\n", 2)[1]
        return first.partition(". ")[2]

    @property
    def solutions(self) -> Path:
        """The script with the answers to its exercises."""
        return self.path.parent / "solutions" / self.path.name


def lessons() -> tuple[Lesson, ...]:
    """All of them, in their order."""
    paths = sorted(FOLDER.glob("lesson[0-9]_*.py"))
    return tuple(Lesson(int(path.name[6]), path) for path in paths)


def lesson(number: int) -> Lesson:
    """Return the lesson with that number; `UsageError` if there is none."""
    for one in lessons():
        if one.number == number:
            return one
    known = [one.number for one in lessons()]
    raise UsageError(f"lesson: expected {known[0]} to {known[-1]}, found {number}")


def cells(script: Path) -> Iterator[Cell]:
    """Yield the cells of a script."""
    text = script.read_text(encoding="utf-8")
    marks = list(_MARK.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        body, line = text[mark.end() : end], text.count("\n", 0, mark.end())
        if mark.group(1).strip() == "[markdown]":
            yield Cell(True, re.sub(r"^# ?", "", body, flags=re.MULTILINE).strip("\n"), line)
        else:
            yield Cell(False, body.rstrip("\n"), line)


def play(script: Path) -> None:
    """Print the texts of a script and run its code, cell by cell."""
    names: dict[str, Any] = {"__name__": "__main__", "__file__": str(script)}
    for cell in cells(script):
        if cell.is_text:
            print(f"\n{cell.content}\n", flush=True)
        else:  # lines are counted as in the script, for what goes wrong
            exec(compile("\n" * cell.line + cell.content, script, "exec"), names)


def notebook(script: Path) -> str:
    """Return a script as a Jupyter notebook (nbformat 4), without outputs."""
    written: list[dict[str, Any]] = []
    for k, cell in enumerate(cells(script)):
        kind = "markdown" if cell.is_text else "code"
        code: dict[str, Any] = {} if cell.is_text else {"execution_count": None, "outputs": []}
        source = cell.content.strip("\n").splitlines(keepends=True)
        written.append(
            {"cell_type": kind, "id": f"cell-{k}", "metadata": {}, "source": source} | code
        )
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": written,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
