"""One function a panel; each draws on the axes it is given and returns what it drew.

`analysis` hands on what is listed here: an own figure begins with `from analysis import raster`.
"""

from __future__ import annotations

from .arena import arena, searches
from .band import band
from .bars import result_bars
from .curve import curve, running_mean
from .digit import digit, grey_values, pixel_sequence, reading_order
from .distribution import cumulative, log_histogram
from .functions import internal_model, sample_curves
from .heatmap import heatmap
from .inside import thresholds, voltages
from .network import network
from .note import note
from .raster import raster
from .rows import population_raster, row_name, share_time
from .schematic import learning_scheme, target_network
from .softmax import readout_window, softmax_readout
from .survival import survival, weight_by_age
from .ticks import spike_ticks
from .traces import traces
from .trials import function_dots, one_function, trial_errors

__all__ = [
    "arena",
    "band",
    "cumulative",
    "curve",
    "digit",
    "function_dots",
    "grey_values",
    "heatmap",
    "internal_model",
    "learning_scheme",
    "log_histogram",
    "network",
    "note",
    "one_function",
    "pixel_sequence",
    "population_raster",
    "raster",
    "reading_order",
    "readout_window",
    "result_bars",
    "row_name",
    "running_mean",
    "sample_curves",
    "searches",
    "share_time",
    "softmax_readout",
    "spike_ticks",
    "survival",
    "target_network",
    "thresholds",
    "traces",
    "trial_errors",
    "voltages",
    "weight_by_age",
]
