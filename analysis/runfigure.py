"""The shape of every figure: read the runs, lay out the panels, write the picture.

A figure module defines `load(paths) -> dataclass`, `draw(fig, data)` and an object

    figure = RunFigure(title=..., load=..., compose=draw)

which an entry point of the group `lsnn.figures` names. The object's `draw(paths, out)` is all that
`lsnn figure` asks for, so a figure may also be any other object that has it. The first line of the
module's docstring is the figure's line in `lsnn figure --help`. `EXTENDING.md` shows a whole one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from matplotlib.figure import Figure

from lsnn_core.errors import BadFileError, LsnnError, UsageError
from lsnn_core.text import printable

from .formats import output_format
from .style import context, new_figure, save

__all__ = ["RunFigure", "one_path"]  # handed on by `analysis`

Data = TypeVar("Data")


@dataclass(frozen=True)
class RunFigure(Generic[Data]):
    """A figure drawn from run files.

    Attributes
    ----------
    title
        Stored in the picture's metadata.
    load
        Reads the files named; all that can be wrong with them is found here, before any drawing.
    compose
        Lays out and draws the panels on an empty figure, and computes nothing; may set its size.
    """

    title: str
    load: Callable[[Sequence[str]], Data]
    compose: Callable[[Figure, Data], None]

    def draw(self, paths: Sequence[str], out: str) -> None:
        """Draw the figure of the runs `paths` into the file `out` (.pdf, .svg or .png)."""
        output_format(out)
        with refusing_absurd_values(paths):
            data = self.load(paths)
        with refusing_absurd_values(paths, WHILE_DRAWING), context():
            fig = new_figure()
            self.compose(fig, data)
            save(fig, out, title=self.title, about=getattr(data, "about", ""))


WHILE_LOADING: tuple[type[Exception], ...] = (ArithmeticError, MemoryError)
WHILE_DRAWING = (*WHILE_LOADING, ValueError)
"""What values of no run end in; Matplotlib says of limits that no axis has: `ValueError`."""


@contextmanager
def refusing_absurd_values(
    paths: Sequence[str], errors: tuple[type[Exception], ...] = WHILE_LOADING
) -> Iterator[None]:
    """Turn what values of no run do to the arithmetic of a figure into one line.

    All else that can be wrong with a file, the readers of `analysis.reading` have found before;
    what is left is a mistake in the figure, and shows as such.
    """
    try:
        yield
    except LsnnError:
        raise
    except errors as error:
        problem = printable(str(error) or type(error).__name__)
        names = ", ".join(map(printable, paths))
        raise BadFileError(
            f"{names}: holds values that cannot be drawn ({problem}); use another copy"
        ) from error


def one_path(name: str, paths: Sequence[str]) -> str:
    """Return the only entry of `paths`, for figures that show a single run."""
    if len(paths) != 1:
        raise UsageError(f"figure {name}: expected one run file, found {len(paths)}")
    return paths[0]
