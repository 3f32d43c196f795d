"""Spikes as ticks: one for each spike, a row for each neuron."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from lsnn_core.errors import UsageError

from ..colours import PALETTE
from .checks import vector
from .note import note

Array = npt.NDArray[Any]


def spike_ticks(
    ax: Axes,
    times_ms: npt.ArrayLike,
    node_ids: npt.ArrayLike,
    *,
    nodes: npt.ArrayLike | None = None,
    color: str = PALETTE["X"],
    bottom: float = 0.0,
    height: float | None = None,
    linewidth: float = 0.6,
) -> LineCollection:
    """Draw spikes as vertical ticks; `raster` draws those of a whole run.

    Parameters
    ----------
    ax
        Axes to draw on; its vertical range becomes the rows.
    times_ms, node_ids
        One entry per spike: its time in ms and the neuron that fired, as in SONATA files.
    nodes
        Neurons to show, from the bottom row up; silent ones keep their empty row and the spikes of
        others are left out. By default 0 to the highest that fired: a neuron's row is its number.
    color
        Colour of the ticks.
    bottom
        Row of the first neuron, to put one population above another.
    height
        Height of a tick in rows. By default just below one row, but never less than a fortieth of
        all rows (our choice: lower ticks vanish in print).
    linewidth
        Width of a tick in points.

    Returns
    -------
    LineCollection
        One vertical segment per spike shown, in the order given.

    Raises
    ------
    UsageError
        If `times_ms` and `node_ids` differ in length, or a neuron is listed twice.
    """
    times = vector("times_ms", times_ms).astype(np.float64)
    ids = vector("node_ids", node_ids, times.size)
    last = int(ids.max()) + 1 if ids.size else 0
    shown = np.arange(last) if nodes is None else vector("nodes", nodes)
    row = _rows(ids, shown)
    seen = row >= 0
    height = max(0.9, shown.size / 40) if height is None else height
    x, y = times[seen], bottom + row[seen]
    ticks = ax.vlines(x, y - height / 2, y + height / 2, colors=color, linewidth=linewidth)
    ax.set_ylim(bottom - 0.5 - height / 2, bottom + max(shown.size, 1) - 0.5 + height / 2)
    if x.size == 0:
        note(ax, "no spikes")
    return ticks


def _rows(ids: Array, shown: Array) -> npt.NDArray[np.int64]:
    """Return the row of each spike, -1 for neurons that are not shown."""
    order = np.argsort(shown, kind="stable")
    ascending = shown[order]
    if ascending.size == 0:
        return np.full(ids.size, -1, dtype=np.int64)
    if np.any(ascending[1:] == ascending[:-1]):
        raise UsageError("nodes: expected each neuron once, found one twice")
    place = np.minimum(np.searchsorted(ascending, ids), ascending.size - 1)
    return np.where(ascending[place] == ids, order[place], -1)
