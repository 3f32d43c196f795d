"""Figures from run files alone: `lsnn figure NAME RUN.h5`, and panels for figures of your own.

    from matplotlib.figure import Figure
    from analysis import raster, open_run

    run = open_run("run.h5")
    fig = Figure(figsize=(3.25, 2))
    raster(fig.subplots(), *run.spikes("A"))
    fig.savefig("mine.pdf")

The names below are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .colours import PALETTE as PALETTE
    from .panels.arena import arena as arena
    from .panels.arena import searches as searches
    from .panels.band import band as band
    from .panels.bars import result_bars as result_bars
    from .panels.curve import curve as curve
    from .panels.curve import running_mean as running_mean
    from .panels.digit import digit as digit
    from .panels.digit import grey_values as grey_values
    from .panels.digit import pixel_sequence as pixel_sequence
    from .panels.digit import reading_order as reading_order
    from .panels.distribution import cumulative as cumulative
    from .panels.distribution import log_histogram as log_histogram
    from .panels.functions import internal_model as internal_model
    from .panels.functions import sample_curves as sample_curves
    from .panels.heatmap import heatmap as heatmap
    from .panels.network import network as network
    from .panels.note import note as note
    from .panels.raster import raster as raster
    from .panels.rows import population_raster as population_raster
    from .panels.rows import row_name as row_name
    from .panels.rows import share_time as share_time
    from .panels.schematic import learning_scheme as learning_scheme
    from .panels.schematic import target_network as target_network
    from .panels.softmax import readout_window as readout_window
    from .panels.softmax import softmax_readout as softmax_readout
    from .panels.survival import survival as survival
    from .panels.survival import weight_by_age as weight_by_age
    from .panels.thresholds import threshold_traces as threshold_traces
    from .panels.trials import function_dots as function_dots
    from .panels.trials import one_function as one_function
    from .panels.trials import trial_errors as trial_errors
    from .reading.connectivity import connectivity as connectivity
    from .reading.run import Run as Run
    from .reading.run import open_run as open_run
    from .runfigure import RunFigure as RunFigure
    from .runfigure import one_path as one_path
    from .style import context as context
    from .style import new_figure as new_figure
    from .style import save as save

_HOMES: dict[str, str] = {
    "band": "panels.band",
    "result_bars": "panels.bars",
    "network": "panels.network",
    "heatmap": "panels.heatmap",
    "cumulative": "panels.distribution",
    "log_histogram": "panels.distribution",
    "survival": "panels.survival",
    "weight_by_age": "panels.survival",
    "grey_values": "panels.digit",
    "reading_order": "panels.digit",
    "connectivity": "reading.connectivity",
    "curve": "panels.curve",
    "running_mean": "panels.curve",
    "digit": "panels.digit",
    "pixel_sequence": "panels.digit",
    "note": "panels.note",
    "arena": "panels.arena",
    "searches": "panels.arena",
    "internal_model": "panels.functions",
    "sample_curves": "panels.functions",
    "population_raster": "panels.rows",
    "row_name": "panels.rows",
    "share_time": "panels.rows",
    "learning_scheme": "panels.schematic",
    "target_network": "panels.schematic",
    "function_dots": "panels.trials",
    "one_function": "panels.trials",
    "trial_errors": "panels.trials",
    "raster": "panels.raster",
    "readout_window": "panels.softmax",
    "softmax_readout": "panels.softmax",
    "threshold_traces": "panels.thresholds",
    "RunFigure": "runfigure",
    "one_path": "runfigure",
    "Run": "reading.run",
    "open_run": "reading.run",
    "PALETTE": "colours",
    "context": "style",
    "new_figure": "style",
    "save": "style",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
