"""What goes on inside the neurons of a run: thresholds B_j(t), and potentials V_j(t)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lsnn_core.errors import UsageError

from ..reading.activity import AnyRun, Spikes, Traces, busiest, spikes_of, traces_of
from .traces import traces

MOST_THRESHOLDS, MOST_VOLTAGES = 5, 2  # shown if nobody is named: of more, potentials are a thicket


def thresholds(
    ax: Axes, run: AnyRun, *, example: int = 0, neurons: npt.ArrayLike | None = None
) -> list[Line2D]:
    """Draw B_j(t) = b0_j + beta_j b_j(t) (paper eq. 1) of adaptive neurons, and b0_j dotted.

    Parameters
    ----------
    ax
        Axes to draw on.
    run
        What `LSNN.forward` returned with ``record=("B",)``, an open run file, or its path.
    example
        Which of the batch; a run file holds one, 0.
    neurons
        Their numbers; of those recorded the five that fire most if not given.

    Returns
    -------
    list of Line2D
        A line each, labelled with the neuron's number.

    Raises
    ------
    UsageError
        If thresholds, or those of `neurons`, were not recorded (with the call that does), `run` is
        no run, or has no such example.
    BadFileError
        If they are not in the file (named, with the command that records them).
    """
    found = traces_of(run, "B", example)
    spikes = spikes_of(run, example)
    if neurons is None:
        adaptive = found.nodes[found.nodes >= found.n_regular]
        if not adaptive.size:
            raise UsageError(
                "run: no adaptive neuron was recorded, the thresholds of others do not move"
            )
        neurons = busiest(spikes, adaptive, MOST_THRESHOLDS)
    shown = found.of(neurons)
    lines = _lines(ax, shown, spikes)
    ax.set_ylabel("threshold $B_j(t)$")
    return lines


def voltages(
    ax: Axes, run: AnyRun, *, example: int = 0, neurons: npt.ArrayLike | None = None
) -> list[Line2D]:
    """Draw the potentials V_j(t) of neurons, and dotted their thresholds at rest, b0_j.

    Parameters
    ----------
    ax
        Axes to draw on.
    run
        What `LSNN.forward` returned with ``record=("V",)``, an open run file, or its path.
    example
        Which of the batch; a run file holds one, 0.
    neurons
        Their numbers; of those recorded the two that fire most if not given.

    Returns
    -------
    list of Line2D
        A line each, labelled with the neuron's number.

    Raises
    ------
    UsageError
        If potentials, or those of `neurons`, were not recorded (with the call that does), `run` is
        no run, or has no such example.
    BadFileError
        If they are not in the file (named, with the command that records them).
    """
    found = traces_of(run, "V", example)
    spikes = spikes_of(run, example)
    if neurons is None:
        neurons = busiest(spikes, found.nodes, MOST_VOLTAGES)
    lines = _lines(ax, found.of(neurons), spikes)
    ax.set_ylabel("potential $V_j(t)$")
    return lines


def _lines(ax: Axes, shown: Traces, spikes: Spikes) -> list[Line2D]:
    """Draw the traces of each population in its colour, and return them in the order of `shown`."""
    lines: dict[int, Line2D] = {}
    for p in spikes.populations:
        mine = np.isin(shown.nodes, p.nodes)
        if mine.any():
            drawn = traces(
                ax, shown.values[:, mine], time_ms=shown.time_ms, baseline=shown.baseline[mine],
                color=p.colour,
            )  # fmt: skip
            lines |= dict(zip(np.flatnonzero(mine).tolist(), drawn, strict=True))
    for k, line in lines.items():
        line.set_label(str(shown.nodes[k]))
    ax.set_xlim(0, spikes.duration_ms)
    ax.set_xlabel("time (ms)")
    return [lines[k] for k in sorted(lines)]
