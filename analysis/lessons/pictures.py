"""A lesson's picture: shown where the lesson is a notebook, else written into a folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from matplotlib.figure import Figure

from ..style import TEXT_IN, context, new_figure, save

_folder: ContextVar[Path] = ContextVar("_folder", default=Path())
_written: ContextVar[list[Path] | None] = ContextVar("_written", default=None)


@contextmanager
def picture(name: str, width_in: float = TEXT_IN, height_in: float = 2.4) -> Iterator[Figure]:
    """Give a figure in the project's style to draw on, and show it when it is done.

    Parameters
    ----------
    name
        Of the file, without its ending.
    width_in, height_in
        Size in inches.
    """
    with context():
        fig = new_figure(width_in, height_in)
        yield fig
        if _in_notebook():
            sys.modules["IPython"].display.display(fig)
        else:
            path = _folder.get() / f"{name}.png"
            save(fig, str(path), title=name)
            written = _written.get()
            if written is not None:
                written.append(path)
            else:
                print(f"picture: {path}")


@contextmanager
def pictures_into(folder: Path) -> Iterator[list[Path]]:
    """Have pictures written into `folder`, and listed in what this gives."""
    files: list[Path] = []
    tokens = _folder.set(folder), _written.set(files)
    try:
        yield files
    finally:
        _folder.reset(tokens[0])
        _written.reset(tokens[1])


def _in_notebook() -> bool:
    """Whether a notebook's kernel runs us; then IPython is there already."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
