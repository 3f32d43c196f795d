"""A table of text: headings, records, a line of small print under a record."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from ..colours import PALETTE
from ..style import width_of

LINE_IN, SMALL_IN, HEADING_IN = 0.155, 0.115, 0.24
GAP_IN = 0.03  # below a record
SMALL_PT = 6.0  # nothing in print is smaller
SIGNS_PER_IN, MONOSPACED_PER_IN = 19.9, 18.4  # of small print


@dataclass(frozen=True)
class Heading:
    """A title above the records that follow."""

    text: str


@dataclass(frozen=True)
class Record:
    """One line: a cell for each column, and small print below them if there is any.

    Attributes
    ----------
    cells
        One for each column.
    remark
        What there is to say of it.
    commands
        What makes it, each whole.
    """

    cells: tuple[str, ...]
    remark: str = ""
    commands: tuple[str, ...] = ()

    def small(self, width_in: float) -> list[tuple[str, str]]:
        """The lines of small print as wide as the table, each with its font's family."""
        signs, monospaced = int(SIGNS_PER_IN * width_in), int(MONOSPACED_PER_IN * width_in)
        said = [(line, "sans-serif") for line in textwrap.wrap(self.remark, signs)]
        commands = [
            (line, "monospace")
            for command in self.commands
            for line in textwrap.wrap(
                command, monospaced, subsequent_indent="    ", break_on_hyphens=False
            )
        ]
        return said + commands


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    columns
        Title of each column.
    records
        Headings and lines, from above.
    widths
        Where each column begins, as a fraction of the width.
    """

    columns: tuple[str, ...]
    records: tuple[Heading | Record, ...]
    widths: tuple[float, ...]

    def height_in(self, width_in: float) -> float:
        """How high it is where it is so wide."""
        return sum(_height(record, width_in) for record in self.records) + LINE_IN + 0.1

    def draw(self, part: SubFigure) -> None:
        """Draw it over all of a part of a figure."""
        width = width_of(part)
        ax = part.add_axes((0.01, 0.0, 0.98, 1.0))
        ax.set_axis_off()
        ax.set_xlim(0, 1)
        ax.set_ylim(self.height_in(width), 0)
        y = 0.05
        _rule(ax, y)
        y = _line(ax, y, self.columns, self.widths, weight="bold")
        _rule(ax, y)
        for record in self.records:
            if isinstance(record, Heading):
                top = y + HEADING_IN - 0.04
                ax.text(0, top, record.text, fontsize=7, weight="bold", va="bottom")
                y += HEADING_IN
            else:
                y = _record(ax, y, record, self.widths, width)
        _rule(ax, y + 0.03)


def _height(record: Heading | Record, width_in: float) -> float:
    if isinstance(record, Heading):
        return HEADING_IN
    return LINE_IN + SMALL_IN * len(record.small(width_in)) + GAP_IN


def _record(ax: Axes, y: float, record: Record, widths: Sequence[float], width_in: float) -> float:
    y = _line(ax, y, record.cells, widths)
    for text, family in record.small(width_in):
        ax.text(
            0.012, y - 0.005, text.replace("$", r"\$"), fontsize=SMALL_PT, va="top",
            color=PALETTE["X"], family=family,
        )  # fmt: skip
        y += SMALL_IN
    return y + GAP_IN


def _line(
    ax: Axes, y: float, cells: Sequence[str], widths: Sequence[float], weight: str = "normal"
) -> float:
    for cell, x in zip(cells, widths, strict=True):
        if cell:
            ax.text(
                x, y + LINE_IN - 0.035, cell.replace("$", r"\$"), fontsize=6.5, va="baseline",
                weight=weight,
            )  # fmt: skip
    return y + LINE_IN


def _rule(ax: Axes, y: float) -> None:
    ax.axhline(y, color="black", linewidth=0.6)
