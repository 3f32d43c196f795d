"""A figure, drawn as `lsnn figure` draws it, but not saved."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from matplotlib.figure import Figure, FigureBase
from matplotlib.text import Text

from analysis import Look, style
from analysis.runfigure import PLAIN


def words(fig: Figure) -> list[str]:
    """Return all that is written beside and on the axes of a figure: notes, names of rows, letters.

    Titles, labels of axes and legends are not among it.
    """
    return [text.get_text() for text in _texts(fig)]


def letters(fig: Figure) -> str:
    """Return the letters of the panels, sorted: what is bold, at an upper left corner."""
    corner = [t for t in _texts(fig) if getattr(t, "xy", t.get_position()) == (0, 1)]
    bold = [t.get_text() for t in corner if t.get_weight() == "bold"]
    found = [word for line in bold for word in line.split(", ")]
    return "".join(sorted(word for word in found if len(word) == 1 and word.isupper()))


def _texts(fig: Figure) -> list[Text]:
    beside = [text for part in _parts(fig) for text in part.texts]
    return beside + [text for ax in fig.axes for text in ax.texts]


def _parts(part: FigureBase) -> list[FigureBase]:
    return [part, *(inner for one in part.subfigs for inner in _parts(one))]


def picture(module: ModuleType, data: Any, look: Look = PLAIN) -> Figure:
    """Return what a figure's module draws of what it has loaded."""
    with style.context():
        return module.figure.picture(data, look)
