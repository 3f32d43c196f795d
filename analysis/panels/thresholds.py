"""Adaptive thresholds over time: the memory of an LSNN, made visible."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.lines import Line2D

from ..colours import PALETTE
from .checks import finite, matrix, vector


def threshold_traces(
    ax: Axes,
    threshold: npt.ArrayLike,
    *,
    baseline: npt.ArrayLike | None = None,
    color: str = PALETTE["A"],
    dt_ms: float = 1.0,
) -> list[Line2D]:
    """Draw B_j(t) = b0_j + beta_j b_j(t) (paper eq. 1) of some neurons, one line each.

    Parameters
    ----------
    ax
        Axes to draw on.
    threshold
        B_j(t), shape (T, k): one column per neuron.
    baseline
        b0_j, shape (k,), drawn as dotted lines; equal values give one line.
    color
        Colour of the population; the neurons get shades of it.
    dt_ms
        Duration of a step.

    Returns
    -------
    list of Line2D
        The k traces.
    """
    traces = finite(matrix("threshold", threshold))
    time_ms = dt_ms * np.arange(traces.shape[0])
    if baseline is not None:
        for level in np.unique(finite(vector("baseline", baseline, traces.shape[1]))):
            ax.axhline(float(level), color=PALETTE["X"], linewidth=0.6, linestyle=":", zorder=1)
    lines = []
    for trace, shade in zip(traces.T, _shades(color, traces.shape[1]), strict=True):
        lines += ax.plot(time_ms, trace, color=shade, linewidth=0.8)
    return lines


def _shades(color: str, n: int) -> list[str]:
    """Return `n` shades of a colour, from light to dark."""
    base = np.array(to_rgb(color))
    mixes = np.linspace(0.55, -0.45, n) if n > 1 else np.zeros(1)
    rgb = [base + mix * (1.0 - base) if mix > 0 else base * (1.0 + mix) for mix in mixes]
    return [to_hex(tuple(colour.tolist())) for colour in rgb]
