"""What is in a run file, as text for people."""

from __future__ import annotations

from collections.abc import Sequence

from ..text import printable
from .reader import RunFile
from .schema import Entry, lookup


def describe(run: RunFile) -> str:
    """Return what is in a run file as text for people; no data is read, no text printed raw."""
    lines = [f"{run.name}: {run.status}, {run.iteration} iterations"]
    lines += [f"{printable(k)} = {printable(str(v))}" for k, v in run.attributes.items()]
    rows = [("dataset", "type", "shape", "unit", "meaning")]
    for path, shape, kind in run.contents():
        entry = lookup(path) or Entry(path, "", "", "")
        size = "x".join(map(str, shape))
        rows.append((printable(path), kind, size, entry.units, entry.description))
    return "\n".join([*lines, *aligned(rows)])


def aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return rows as lines of columns; all rows have as many cells."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    cells = [[cell.ljust(w) for cell, w in zip(row, widths, strict=True)] for row in rows]
    return ["  ".join(row).rstrip() for row in cells]
