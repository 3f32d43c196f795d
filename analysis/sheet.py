"""How a figure is laid out: blocks of lettered panels below one another, and a note.

A figure says which panels it has and how large each likes to be, in inches. `Sheet.draw` places
them on any figure or part of one, as wide as that is: panels that do not fit side by side go below
one another. Nothing is ever resized, and text keeps its size.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_uppercase

from matplotlib.figure import FigureBase, SubFigure

from lsnn_core.errors import UsageError

from .blocks import Height, Line, Panel, PanelGrid, PanelRow
from .colours import PALETTE
from .legends import LINE_IN as LEGEND_LINE_IN
from .legends import legend_rows, put_legend
from .style import rows, width_of

__all__ = ["Sheet"]  # handed on by `analysis`

NOTE_PT, NOTE_LINE_IN, NOTE_MARGIN_IN, NOTE_TOP_IN = 6.5, 0.113, 0.12, 0.03
SIGNS_PER_IN = 19.7  # of a note
MISSING_AT_IN = 0.55  # beside letters


@dataclass(frozen=True)
class Sheet:
    """All of a figure.

    Attributes
    ----------
    blocks
        Rows and grids, from above.
    note
        What stands below them; broken into lines as wide as the figure.
    least_in
        Narrower than this it cannot be drawn; 0 if it can.
    heading
        A line above all.
    """

    blocks: tuple[PanelRow | PanelGrid, ...]
    note: str = ""
    least_in: float = 0.0
    heading: str = ""

    @classmethod
    def of(cls, draw: Callable[[SubFigure], None], width_in: float, height_in: Height) -> Sheet:
        """A figure of a single panel, which needs no letter."""
        return cls((PanelRow((Panel(draw, width_in, height_in),)),))

    @property
    def width_in(self) -> float:
        """How wide it likes to be."""
        return max(block.width_in for block in self.blocks)

    @property
    def letters(self) -> str:
        """The letters of its panels, in their order; none if there is only one."""
        n = sum(block.letters for block in self.blocks)
        return ascii_uppercase[:n] if n > 1 else ""

    def asked(self, panel: str | None, note: bool = True) -> Sheet:
        """The same with the only panel of that letter, if any, and with or without its note.

        Raises
        ------
        UsageError
            If there is no such panel.
        """
        said = self.note if note else ""
        if panel is None:
            return Sheet(self.blocks, said, self.least_in, self.heading)
        if panel not in self.letters:
            known = f"{self.letters[0]} to {self.letters[-1]}" if self.letters else "a single one"
            raise UsageError(f"panel: expected one of the figure's, {known}, found {panel!r}")
        place = self.letters.index(panel)
        for block in self.blocks:
            if place < block.letters:
                return Sheet((block.only(place),), said, self.least_in, self.heading)
            place -= block.letters
        raise AssertionError(panel)

    def height_in(self, width_in: float) -> float:
        """How high it is where it is so wide."""
        return sum(line.height_in for line in self._lines(width_in))

    def draw(self, part: FigureBase) -> None:
        """Draw it on a figure or a part of one, which keeps its size."""
        lines = self._lines(width_of(part))
        for one, line in zip(rows(part, [ln.height_in for ln in lines]), lines, strict=True):
            line.draw(one)

    def _lines(self, width: float) -> list[Line]:
        lines, names = [], list(self.letters) or [""]
        if self.heading:
            lines.append(Line(0.2, lambda part: _centred(part, self.heading)))
        for block in self.blocks:
            if block.legend:
                lines.append(_legend(block, width))
            lines += block.lines(width, names[: block.letters])
            names = names[block.letters :]
        if self.note:
            lines.append(_note(self.note, width))
        return lines


def missing_row(text: str, width_in: float, letters: int) -> PanelRow:
    """Return what stands for panels without data: their letters, and beside them what makes it."""

    def broken(width: float) -> str:
        return _broken(text, width - MISSING_AT_IN)

    def draw(part: SubFigure) -> None:
        width = width_of(part)
        part.text(
            MISSING_AT_IN / width, 0.94, broken(width), va="top", fontsize=NOTE_PT, style="italic",
            color=PALETTE["X"], linespacing=1.25,
        )  # fmt: skip

    def height(width: float) -> float:
        return 0.2 + NOTE_LINE_IN * (1 + broken(width).count("\n"))

    return PanelRow((Panel(draw, width_in, height, letters=letters),))


def _legend(block: PanelRow | PanelGrid, width: float) -> Line:
    n = legend_rows(block.legend, width) + bool(block.legend_title)

    def draw(part: SubFigure) -> None:
        put_legend(part, block.legend, loc="center", title=block.legend_title)

    return Line(LEGEND_LINE_IN * n + 0.08, draw)


def _note(text: str, width: float) -> Line:
    wrapped = _broken(text, width)
    height = NOTE_MARGIN_IN + NOTE_LINE_IN * (1 + wrapped.count("\n"))

    def draw(part: SubFigure) -> None:
        top = 1 - NOTE_TOP_IN / height
        part.text(0.01, top, wrapped, fontsize=NOTE_PT, va="top", linespacing=1.25)

    return Line(height, draw)


def _broken(text: str, width: float) -> str:
    """Break a note into lines of so many inches."""
    return textwrap.fill(text, int(SIGNS_PER_IN * width), break_on_hyphens=False)


def _centred(part: SubFigure, text: str) -> None:
    part.text(0.5, 0.5, text, ha="center", va="center")
