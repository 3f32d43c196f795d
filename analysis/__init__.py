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
    from .panels.curve import curve as curve
    from .panels.curve import running_mean as running_mean
    from .panels.digit import digit as digit
    from .panels.digit import pixel_sequence as pixel_sequence
    from .panels.note import note as note
    from .panels.raster import raster as raster
    from .panels.softmax import readout_window as readout_window
    from .panels.softmax import softmax_readout as softmax_readout
    from .panels.thresholds import threshold_traces as threshold_traces
    from .runfigure import RunFigure as RunFigure
    from .runfigure import one_path as one_path
    from .source import Run as Run
    from .source import open_run as open_run
    from .style import PALETTE as PALETTE
    from .style import context as context
    from .style import new_figure as new_figure
    from .style import save as save

_HOMES: dict[str, str] = {
    "curve": "panels.curve",
    "running_mean": "panels.curve",
    "digit": "panels.digit",
    "pixel_sequence": "panels.digit",
    "note": "panels.note",
    "raster": "panels.raster",
    "readout_window": "panels.softmax",
    "softmax_readout": "panels.softmax",
    "threshold_traces": "panels.thresholds",
    "RunFigure": "runfigure",
    "one_path": "runfigure",
    "Run": "source",
    "open_run": "source",
    "PALETTE": "style",
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
