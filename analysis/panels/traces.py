"""A quantity of some neurons over time, a line each: the thresholds of a panel, for example."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.lines import Line2D

from ..colours import PALETTE
from .checks import finite, matrix, vector


def traces(
    ax: Axes,
    values: npt.ArrayLike,
    *,
    time_ms: npt.ArrayLike | None = None,
    baseline: npt.ArrayLike | None = None,
    color: str = PALETTE["A"],
    linestyle: str = "-",
) -> list[Line2D]:
    """Draw a line for each neuron, in shades of a colour.

    Parameters
    ----------
    ax
        Axes to draw on.
    values
        Shape (T, k): one column per neuron.
    time_ms
        Shape (T,); 0, 1, 2 ... if not given.
    baseline
        Shape (k,), drawn as dotted lines; equal values give one line.
    color
        Colour of the population; the neurons get shades of it.
    linestyle
        Of the traces.

    Returns
    -------
    list of Line2D
        The k traces.
    """
    columns = finite(matrix("values", values))
    time = np.arange(len(columns)) if time_ms is None else vector("time_ms", time_ms, len(columns))
    if baseline is not None:
        for level in np.unique(finite(vector("baseline", baseline, columns.shape[1]))):
            ax.axhline(float(level), color=PALETTE["X"], linewidth=0.6, linestyle=":", zorder=1)
    lines = []
    for column, shade in zip(columns.T, _shades(color, columns.shape[1]), strict=True):
        lines += ax.plot(time, column, color=shade, linewidth=0.8, linestyle=linestyle)
    return lines


def _shades(color: str, n: int) -> list[str]:
    """Return `n` shades of a colour, from light to dark."""
    base = np.array(to_rgb(color))
    mixes = np.linspace(0.55, -0.45, n) if n > 1 else np.zeros(1)
    rgb = [base + mix * (1.0 - base) if mix > 0 else base * (1.0 + mix) for mix in mixes]
    return [to_hex(tuple(colour.tolist())) for colour in rgb]
