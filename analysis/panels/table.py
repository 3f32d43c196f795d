"""A table of text: headings, records, a line of small print under a record."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..colours import PALETTE

LINE_IN, SMALL_IN, HEADING_IN = 0.155, 0.115, 0.24
GAP_IN = 0.03  # below a record
SMALL_PT = 6.0  # nothing in print is smaller
MOST_SIGNS, MOST_MONOSPACED = 138, 128  # in a line of a page's width


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

    @property
    def small(self) -> list[tuple[str, str]]:
        """The lines of small print, each with its font's family."""
        said = [(line, "sans-serif") for line in textwrap.wrap(self.remark, MOST_SIGNS - 4)]
        commands = [
            (line, "monospace")
            for command in self.commands
            for line in textwrap.wrap(
                command, MOST_MONOSPACED - 4, subsequent_indent="    ", break_on_hyphens=False
            )
        ]
        return said + commands


def table(
    fig: Figure,
    columns: Sequence[str],
    records: Sequence[Heading | Record],
    *,
    widths: Sequence[float],
    foot: str = "",
) -> Axes:
    """Draw a table over all of `fig`, which gets the height it needs.

    Parameters
    ----------
    fig
        An empty figure; its width stays.
    columns
        Title of each column.
    records
        Headings and lines, from above.
    widths
        Where each column begins, as a fraction of the width.
    foot
        What stands below the table, broken into lines.
    """
    notes = textwrap.wrap(foot, MOST_SIGNS)
    height = sum(map(_height, records)) + 2 * LINE_IN + SMALL_IN * len(notes) + 0.15
    fig.set_layout_engine("none")
    fig.set_size_inches(fig.get_size_inches()[0], height)
    ax = fig.add_axes((0.01, 0.0, 0.98, 1.0))
    ax.set_axis_off()
    ax.set_xlim(0, 1)
    ax.set_ylim(height, 0)
    y = 0.05
    _rule(ax, y)
    y = _line(ax, y, columns, widths, weight="bold")
    _rule(ax, y)
    for record in records:
        if isinstance(record, Heading):
            ax.text(0, y + HEADING_IN - 0.04, record.text, fontsize=7, weight="bold", va="bottom")
            y += HEADING_IN
        else:
            y = _record(ax, y, record, widths)
    _rule(ax, y + 0.03)
    for k, note in enumerate(notes):
        ax.text(0, y + 0.07 + k * SMALL_IN, note, fontsize=SMALL_PT, va="top")
    return ax


def _height(record: Heading | Record) -> float:
    if isinstance(record, Heading):
        return HEADING_IN
    return LINE_IN + SMALL_IN * len(record.small) + GAP_IN


def _record(ax: Axes, y: float, record: Record, widths: Sequence[float]) -> float:
    y = _line(ax, y, record.cells, widths)
    for text, family in record.small:
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
