"""How every figure looks, and how it is written: the style, the widths, `save`.

Figures are made without pyplot, so nothing here depends on a display, a backend or the user's own
Matplotlib settings, and drawing twice gives the same bytes.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_hex
from matplotlib.figure import Figure, FigureBase, SubFigure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from lsnn_core.files import publish

from .formats import output_format
from .user_style import read_style

__all__ = ["context", "new_figure", "save"]  # handed on by `analysis`

KEPT = {"savefig.bbox": "standard"}  # a picture is as wide as it was asked to be
TEXT_IN = 5.5
PAGE_IN = 6.75

TICK_IN = 0.3  # room for a tick of iterations and its number
NARROW_IN = 1.4
SIGN_EM = 0.54  # how wide a letter is, of its size

DIGITS = 6  # of places on a page, as fractions of it

# Runs drawn on the same axes.
RUN_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D")


def context(style: str | None = None) -> AbstractContextManager[None]:
    """Return the context in which figures are made and saved: our style over plain defaults.

    Parameters
    ----------
    style
        Name of a Matplotlib style, or a style file, laid over ours.

    Raises
    ------
    UsageError
        If there is no such style, or a file says what is none.
    """
    sheets: list[Any] = ["default", Path(__file__).with_name("lsnn.mplstyle")]
    if style is not None:
        sheets += [read_style(style), KEPT]
    return matplotlib.style.context(sheets)


def new_figure(width_in: float = TEXT_IN, height_in: float = 3.4) -> Figure:
    """Return an empty figure in the style; call it, and all drawing, inside `context()`."""
    return Figure(figsize=(width_in, height_in), layout="constrained")


def width_of(part: FigureBase | Axes) -> float:
    """Return the width of a figure, of a part of one or of axes, in inches."""
    drawn: Any = part
    return float(drawn.bbox.width / drawn.get_figure(root=True).dpi)


def letter(part: FigureBase, name: str) -> Text:
    """Name a part of a figure by a bold letter in its upper left corner."""
    return part.text(0.0, 1.0, name, weight="bold", fontsize=9, ha="left", va="top")


def columns(part: FigureBase, widths: Sequence[float]) -> list[SubFigure]:
    """Cut a figure, or a part of one, into parts side by side."""
    return list(part.subfigures(1, len(widths), squeeze=False, width_ratios=widths).flat)


def rows(part: FigureBase, heights: Sequence[float]) -> list[SubFigure]:
    """Cut a figure, or a part of one, into parts one below another."""
    return list(part.subfigures(len(heights), 1, squeeze=False, height_ratios=heights).flat)


def run_colours(n: int) -> list[str]:
    """Return `n` colours for runs on the same axes, a graded scale when there are many."""
    if n <= len(RUN_COLOURS):
        return list(RUN_COLOURS[:n])
    scale = matplotlib.colormaps["cividis"]
    return [to_hex(scale(0.9 * i / (n - 1))) for i in range(n)]


def save(
    fig: Figure, out: str, *, title: str = "", about: str = "", style: str | None = None
) -> None:
    """Write `fig` to `out`, whole or not at all, the same bytes each time.

    Parameters
    ----------
    fig
        A figure made inside `context()`.
    out
        File name ending in .pdf, .svg or .png; an existing file is replaced.
    title, about
        Stored in the file's metadata, so that a picture can be traced to its run.
    style
        What `context` was given.
    """
    kind = output_format(out)
    picture = io.BytesIO()
    with context(style):
        settle(fig)
        fig.savefig(picture, format=kind, metadata=_metadata(kind, title, about))
    publish(out, picture.getvalue())


def settle(fig: Figure) -> None:
    """Lay out `fig` for good, in places rounded to a millionth of its size.

    The layout's solver sums in an order that depends on where objects lie in memory, and SVG names
    its clip paths by a hash of all digits: without the rounding the bytes would differ.
    """
    if fig.get_layout_engine() is None:
        return
    fig.draw_without_rendering()
    fig.set_layout_engine("none")
    _round_parts(fig)
    for ax in fig.axes:
        place = ax.get_position(original=True)
        left, bottom, width, height = (round(side, DIGITS) for side in place.bounds)
        ax.set_position((left, bottom, width, height))


def _round_parts(part: FigureBase) -> None:
    for inner in part.subfigs:
        inner.bbox_relative.set_points(inner.bbox_relative.get_points().round(DIGITS))
        _round_parts(inner)


def _metadata(kind: str, title: str, about: str) -> dict[str, str | None]:
    """Return metadata without a date, under the keys each format knows."""
    if kind == "pdf":
        return {"CreationDate": None, "Title": title, "Subject": about}
    if kind == "svg":
        return {"Date": None, "Title": title, "Description": about}
    return {"Title": title, "Description": about}


def mark_iterations(ax: Axes) -> None:
    """Label axes of iterations, in as many whole numbers as they have room for."""
    n = int(min(max(width_of(ax) / TICK_IN, 2), 5))
    ax.xaxis.set_major_locator(
        MaxNLocator(nbins=n, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
    )
    ax.set_xlabel("iteration")


def broken_title(ax: Axes, text: str, size_pt: float) -> None:
    """Write a title in as many lines as it needs to be no wider than its axes, of like lengths."""
    signs = max(int(width_of(ax) * 72 / (SIGN_EM * size_pt)), 10)
    needed = len(textwrap.wrap(text, signs, break_long_words=False))
    words = max(map(len, text.split()))
    widths = range(min(words, signs), signs + 1)
    breaks = (textwrap.wrap(text, width, break_long_words=False) for width in widths)
    lines = next(lines for lines in breaks if len(lines) <= needed)
    ax.set_title("\n".join(lines), fontsize=size_pt)


def plain_log_ticks(axis: Axis) -> None:
    """Mark 1, 2 and 5 of each decade of a logarithmic axis, 1 and 3 of a narrow one, in numbers."""
    narrow = axis is axis.axes.xaxis and width_of(axis.axes) < NARROW_IN
    axis.set_major_locator(LogLocator(subs=(1.0, 3.0) if narrow else (1.0, 2.0, 5.0)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
