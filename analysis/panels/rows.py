"""Panels one above the other over a single time axis: their names, their rasters, their ticks."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from ..reading.populations import Population
from .ticks import spike_ticks

TICK_IN = 1.8 / 72  # height of a spike's tick: lower ones vanish in print


def row_name(ax: Axes, name: str, remark: str, colour: str, at: float = 0.5) -> None:
    """Name a panel, and remark on it below, in an axes to its left that becomes empty."""
    ax.set_axis_off()
    ax.text(0, at, name, color=colour, weight="bold", va="bottom", transform=ax.transAxes)
    ax.text(0, at - 0.03, remark, fontsize=7, va="top", transform=ax.transAxes)


def population_raster(ax: Axes, population: Population, height_in: float) -> LineCollection:
    """Draw a population's spikes on axes `height_in` inches high, with ticks for how many it is."""
    p = population
    tall = max(0.9, TICK_IN * p.nodes.size / height_in)
    ticks = spike_ticks(ax, p.times_ms, p.node_ids, nodes=p.nodes, color=p.colour, height=tall)
    ax.set_yticks([0, p.nodes.size - 1], ["1", str(p.nodes.size)])
    return ticks


def share_time(panels: Sequence[Axes], start_ms: float, end_ms: float) -> None:
    """Give all panels one time axis, labelled below the last."""
    for panel in panels:
        panel.set_xlim(start_ms, end_ms)
    for panel in panels[:-1]:
        panel.tick_params(labelbottom=False)
    panels[-1].set_xlabel("time (ms)")
