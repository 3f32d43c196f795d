"""The shape of every figure: read the runs, lay out the panels, write the picture.

A figure module defines `load(paths) -> dataclass`, `sheet(data) -> Sheet` and an object

    figure = RunFigure(title=..., load=..., sheet=sheet)

which an entry point of the group `lsnn.figures` names. The object's `draw(paths, out, look)` is all
that `lsnn figure` asks for, so a figure may also be any other object that has it. The first line of
the module's docstring is the figure's line in `lsnn figure --help`. `EXTENDING.md` shows a whole
one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from matplotlib.figure import Figure, FigureBase

from lsnn_core.errors import BadFileError, LsnnError, UsageError
from lsnn_core.text import printable

from .formats import output_format
from .look import Look
from .sheet import Sheet
from .style import context, new_figure, save

__all__ = ["RunFigure", "one_path"]  # handed on by `analysis`

Data = TypeVar("Data")
PLAIN = Look()


@dataclass(frozen=True)
class RunFigure(Generic[Data]):
    """A figure drawn from run files.

    Attributes
    ----------
    title
        Stored in the picture's metadata.
    load
        Reads the files named; all that can be wrong with them is found here, before any drawing.
    sheet
        Says which panels there are, how large each likes to be, and what draws it.
    """

    title: str
    load: Callable[[Sequence[str]], Data]
    sheet: Callable[[Data], Sheet]

    def draw(self, paths: Sequence[str], out: str, look: Look = PLAIN) -> None:
        """Draw the figure of the runs `paths` into the file `out` (.pdf, .svg or .png).

        Raises
        ------
        UsageError
            If there is no such style or panel, or it cannot be so narrow.
        """
        output_format(out)
        with context(look.style):
            with refusing_absurd_values(paths):
                data = self.load(paths)
            with refusing_absurd_values(paths, WHILE_DRAWING):
                fig = self.picture(data, look)
                about = getattr(data, "about", "")
                save(fig, out, title=self.title, about=about, style=look.style)

    def picture(self, data: Data, look: Look = PLAIN) -> Figure:
        """Return a figure of its own of what was loaded; call it inside `context()`."""
        sheet = self.sheet(data).asked(look.panel, look.note)
        width = sheet.width_in if look.width_in is None else look.width_in
        if width < sheet.least_in:
            raise UsageError(
                f"width: {self.title} needs at least {sheet.least_in:g} inches, found {width:g}"
            )
        fig = new_figure(width, sheet.height_in(width))
        sheet.draw(fig)
        return fig

    def compose(
        self, part: FigureBase, data: Data, *, panel: str | None = None, note: bool = True
    ) -> None:
        """Draw what was loaded on a figure or a part of one, which keeps its size.

        Parameters
        ----------
        part
            Best of a figure with ``layout="constrained"``, made in `context()`, and as wide as the
            panels shall be; how high they like to be, ``sheet(data).height_in(width)`` tells.
        data
            From `load`.
        panel, note
            The letter of the only panel; whether to write the note.
        """
        self.sheet(data).asked(panel, note).draw(part)


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
