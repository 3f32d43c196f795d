"""Legends with as many columns as there is room for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.font_manager import FontProperties
from matplotlib.legend import Legend
from matplotlib.textpath import TextPath

from .style import width_of

LINE_IN = 0.15  # between its rows
MARGIN_IN = 0.1
LETTER_IN = 0.25  # left free, where a panel's letter may stand


def legend_columns(handles: Sequence[Artist], width_in: float, **look: Any) -> int:
    """Return how many columns of a legend fit into `width_in`, at least one."""
    settings: Any = matplotlib.rcParams
    size = look.get("fontsize", settings["legend.fontsize"])
    font = FontProperties(size=size)
    points = font.get_size_in_points()
    length, gap, between = (
        look.get(key, settings[f"legend.{key}"]) * points
        for key in ("handlelength", "handletextpad", "columnspacing")
    )
    texts = [TextPath((0, 0), str(h.get_label()), prop=font).get_extents().x1 for h in handles]
    for n_rows in range(1, len(handles)):
        n = -(-len(handles) // n_rows)
        longest = [max(part) for part in np.array_split(texts, n)]  # as Matplotlib parts them
        total = sum(length + gap + text for text in longest) + between * (n - 1)
        if total / 72 <= width_in - MARGIN_IN:
            return n
    return 1


def legend_rows(handles: Sequence[Artist], width_in: float, **look: Any) -> int:
    """Return how many rows a legend of `width_in` has."""
    return -(-len(handles) // legend_columns(handles, width_in, **look))


def put_legend(
    part: FigureBase | Axes, handles: Sequence[Artist], *, width_in: float = 0.0, **look: Any
) -> Legend:
    """Put a legend on a part of a figure, or on axes, in columns that fit its width.

    `look` is what Matplotlib's own `legend` takes.
    """
    wide = width_in or width_of(part)
    if str(look.get("loc", "")).startswith("outside upper"):
        wide -= LETTER_IN
    shown = {key: value for key, value in look.items() if value != ""}
    n = legend_columns(handles, wide, **{k: v for k, v in shown.items() if k != "title"})
    title_size = matplotlib.rcParams["legend.fontsize"]
    return part.legend(handles=list(handles), ncols=n, title_fontsize=title_size, **shown)


def legend_above(ax: Axes, handles: Sequence[Artist]) -> Legend:
    """Put a legend above all lines of axes, in room made for it there."""
    look = {"handlelength": 1.4, "handletextpad": 0.5, "columnspacing": 0.8}
    wide = width_of(ax)  # before it is laid out: about, and not less
    room = 0.15 * legend_rows(handles, wide, **look)
    low, high = ax.get_ylim()
    if ax.get_yscale() == "log":
        decades = math.log10(high) - math.log10(low)  # not of the ratio, which can overflow
        ax.set_ylim(top=high * 10.0 ** (room * decades))
    else:
        ax.set_ylim(top=high * (1.0 + room))
    return put_legend(ax, handles, width_in=wide, loc="upper right", borderaxespad=0.0, **look)
