"""One run at a glance: learning, rates, thresholds, rewiring, gradients, weights.

The curves are those of the figure `learning`, with more beside them. What a run cannot have (an LIF
network has no adaptive thresholds, a fixed one is not rewired) is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ...blocks import PanelGrid
from ...colours import PALETTE
from ...legends import legend_above
from ...panels.distribution import log_histogram
from ...panels.note import note
from ...reading.connectivity import FORMULA, MATRICES
from ...reading.populations import neuron_signs
from ...reading.quantities import DROPPED, GRADIENT_NORMS, LEARNING_RATE, PANELS, Panel
from ...reading.run import Run, open_run
from ...reading.thresholds import RECORDS as RECORDS_EXAMPLE
from ...reading.thresholds import relative_thresholds
from ...runfigure import RunFigure, one_path
from ...sheet import Sheet
from ...style import PAGE_IN
from .learning import RECORDS, RunCurves, draw_panel, fills, read_curves, share_iterations
from .rewiring import LOOKS

Array = npt.NDArray[Any]

# The last of `PANELS` is the sum of what DROPPED shows for each matrix.
CURVES = (*PANELS[:-1], DROPPED, GRADIENT_NORMS, LEARNING_RATE)
ROW_IN = 1.75


@dataclass(frozen=True)
class DashboardData:
    """What the figure shows.

    Attributes
    ----------
    run
        The recorded curves.
    panels
        The panels of curves that the run has, or should have.
    threshold
        B_j(t) / b0 of the adaptive neurons in the recorded example, (T, neurons); None if nothing
        was recorded.
    adaptive
        Whether the network has adaptive neurons.
    weights
        Absolute weights by matrix.
    about
        Traces the picture to its run.
    """

    run: RunCurves
    panels: tuple[Panel, ...]
    threshold: Array | None
    adaptive: bool
    weights: Mapping[str, Array]
    about: str


def load(path: str) -> DashboardData:
    """Read one run.

    Raises
    ------
    BadFileError
        If the file is damaged, or lacks what every run records.
    """
    with open_run(path) as run:
        curves = read_curves(run, run.name, CURVES)
        spiking = "neurons/sign" in run
        recorded = spiking and "spikes" in run
        of_a = relative_thresholds(run) if recorded else None
        return DashboardData(
            run=curves,
            panels=tuple(panel for panel in CURVES if fills(curves, panel) or _due(run, panel)),
            threshold=None if of_a is None else of_a.relative,
            adaptive=of_a is not None or (spiking and not recorded and _has_adaptive(run)),
            weights=_weights(run) if spiking else {},
            about=run.about,
        )


def sheet(data: DashboardData) -> Sheet:
    """The panels, in rows of three."""
    panels: list[Callable[[Axes], None]]
    panels = [partial(_draw_curves, panel=panel, run=data.run) for panel in data.panels]
    if data.adaptive:
        panels.append(partial(_draw_threshold, threshold=data.threshold))
    if data.weights:
        panels.append(partial(_draw_weights, weights=data.weights))
    state = "" if data.run.status == "complete" else data.run.status
    return Sheet((PanelGrid(tuple(panels), (PAGE_IN / 3, ROW_IN)),), heading=state)


def _due(run: Run, panel: Panel) -> bool:
    """Whether a run of its kind has the panel's curves if it was recorded by this version."""
    spiking = "neurons/sign" in run
    rewired = run.setting("rewiring", "policy") not in (None, "none")
    return spiking and (panel is GRADIENT_NORMS or (panel is DROPPED and rewired))


def _has_adaptive(run: Run) -> bool:
    n_regular, sign = neuron_signs(run)
    return n_regular < sign.size


def _weights(run: Run) -> dict[str, Array]:
    return {name: np.abs(run.weights(name).data) for name in MATRICES}


def _draw_curves(ax: Axes, panel: Panel, run: RunCurves) -> None:
    if fills(run, panel):
        draw_panel(ax, panel, [run])
        share_iterations(ax, [run])
    else:
        _draw_missing(ax, panel.title, RECORDS)


def _draw_threshold(ax: Axes, threshold: Array | None) -> None:
    if threshold is None:
        _draw_missing(ax, "thresholds of A", RECORDS_EXAMPLE)
        return
    time_ms = np.arange(len(threshold))
    colour = PALETTE["A"]
    for low, high, shade in ((0.1, 0.9, 0.15), (0.25, 0.75, 0.25)):
        below, above = np.quantile(threshold, (low, high), axis=1)
        ax.fill_between(time_ms, below, above, color=colour, alpha=shade, linewidth=0)
    ax.plot(time_ms, np.median(threshold, axis=1), color=colour)
    ax.set_xlim(0, len(threshold))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("time (ms)")
    ax.set_ylabel(r"$B_j(t)\,/\,b^0_j$ of A")


def _draw_weights(ax: Axes, weights: Mapping[str, Array]) -> None:
    for name, sizes in weights.items():
        log_histogram(ax, sizes, label=FORMULA[name], **LOOKS[name])
    legend_above(ax, ax.get_legend_handles_labels()[0])
    ax.set_xlabel(r"$|W|$ at the end")
    ax.set_ylabel("connections (%)")


def _draw_missing(ax: Axes, what: str, command: str) -> None:
    ax.set_axis_off()
    note(ax, f"{what}:\nrecorded by {command}")


figure = RunFigure(
    title="Dashboard",
    load=lambda paths: load(one_path("dashboard", paths)),
    sheet=sheet,
)
