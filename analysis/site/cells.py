"""A lesson as a page: its script run cell by cell, with what each cell prints and draws."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from ..lessons.pictures import pictures_into

MARKER = re.compile(r"^# %%(.*)$", re.MULTILINE)
FORMATTING = re.compile(r" *# (?:fmt: skip|noqa\b.*)$", re.MULTILINE)


class Cell(NamedTuple):
    """A piece of a script in percent format."""

    is_text: bool
    source: str
    first_line: int


def cells(script: str) -> Iterator[Cell]:
    """Yield the cells of a script; what stands before the first marker is code."""
    starts = [(0, 0, ""), *((m.start(), m.end() + 1, m[1]) for m in MARKER.finditer(script))]
    ends = [start for start, _, _ in starts[1:]] + [len(script)]
    for (_, begin, kind), end in zip(starts, ends, strict=True):
        source = script[begin:end]
        if source.strip():
            first_line = script.count("\n", 0, begin) + 1
            yield Cell("[markdown]" in kind, source.rstrip(), first_line)


def page(path: Path, folder: Path) -> str:
    """Run a script and return it as Markdown; its pictures are written into `folder`."""
    parts = []
    with running(path) as module:
        for cell in cells(path.read_text(encoding="utf-8")):
            if cell.is_text:
                parts.append(re.sub(r"^# ?", "", cell.source, flags=re.MULTILINE))
                continue
            printed, files = run(cell, path, module, folder)
            parts.append(fenced(FORMATTING.sub("", cell.source.strip("\n")), "python"))
            if printed:
                parts.append(fenced(printed, "{code-block} text\n:class: output"))
            parts += [f"![{file.stem.replace('-', ' ')}]({file.name})" for file in files]
    return "\n\n".join(parts) + "\n"


def run(cell: Cell, path: Path, module: ModuleType, folder: Path) -> tuple[str, list[Path]]:
    """Run a cell of code; return what it prints and the pictures that it draws."""
    # Empty lines before it give it the lines that it has in the file, for tracebacks and `inspect`.
    code = compile("\n" * (cell.first_line - 1) + cell.source, str(path), "exec")
    with contextlib.redirect_stdout(io.StringIO()) as printed, pictures_into(folder) as files:
        exec(code, vars(module))
    return printed.getvalue(), files


@contextlib.contextmanager
def running(path: Path) -> Iterator[ModuleType]:
    """Give a module in which the cells of a script are run, known by name as long as they are."""
    module = ModuleType(f"running_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses and pickle look there
    try:
        yield module
    finally:
        del sys.modules[module.__name__]


def fenced(text: str, kind: str) -> str:
    """Return a block of code in Markdown."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{kind}\n{text.rstrip()}\n{fence}"
