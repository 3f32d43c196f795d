"""Legends with as many columns as there is room for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.font_manager import FontProperties
from matplotlib.legend import Legend
from matplotlib.textpath import TextPath

from .style import width_of

LINE_IN = 0.15  # between its rows
MARGIN_IN = 0.1


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
    for n in range(len(handles), 1, -1):
        n_rows = -(-len(handles) // n)
        longest = [max(texts[k : k + n_rows]) for k in range(0, len(texts), n_rows)]
        total = sum(length + gap + text for text in longest) + between * (len(longest) - 1)
        if total / 72 <= width_in - MARGIN_IN:
            return n
    return 1


def legend_rows(handles: Sequence[Artist], width_in: float, **look: Any) -> int:
    """Return how many rows a legend of `width_in` has."""
    return -(-len(handles) // legend_columns(handles, width_in, **look))


def put_legend(
    part: FigureBase | Axes, handles: Sequence[Artist], *, width_in: float = 0.0, **look: Any
) -> Legend:
    """Put a legend on a part of a figure, or on axes `width_in` wide, in columns that fit it.

    `look` is what Matplotlib's own `legend` takes.
    """
    wide = width_of(part) if isinstance(part, FigureBase) else width_in
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
