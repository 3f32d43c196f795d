"""The spike raster of a run: a tick for each spike, a row for each neuron, silent ones too."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from ..reading.activity import AnyRun, spikes_of
from .note import note
from .ticks import spike_ticks


def raster(
    ax: Axes, run: AnyRun, *, example: int = 0, linewidth: float = 0.6
) -> list[LineCollection]:
    """Draw the spikes of one example: populations in their colours, rows are neurons' numbers.

    Parameters
    ----------
    ax
        Axes to draw on.
    run
        What `LSNN.forward` returned, an open run file, or its path.
    example
        Which of the batch; a run file holds one, 0.
    linewidth
        Width of a tick in points.

    Returns
    -------
    list of LineCollection
        Ticks of each population, labelled for a legend.

    Raises
    ------
    UsageError
        If `run` is no run, or has no such example.
    BadFileError
        If the file holds no recorded spikes (named, with the command that records them).
    """
    spikes = spikes_of(run, example)
    rows = np.arange(spikes.n)
    ticks = []
    for p in spikes.populations:
        mine = np.isin(p.node_ids, p.nodes)
        if mine.any():
            ticks.append(
                spike_ticks(
                    ax, p.times_ms[mine], p.node_ids[mine], nodes=rows, color=p.colour,
                    linewidth=linewidth,
                )
            )  # fmt: skip
            ticks[-1].set_label(f"{p.name}: {p.remark}")
    if not ticks:
        ax.set_ylim(-0.5, max(spikes.n, 1) - 0.5)
        note(ax, "no spikes")
    ax.set_xlim(0, spikes.duration_ms)
    ax.set_xlabel("time (ms)")
    ax.set_ylabel("neuron")
    return ticks
