"""Several runs as one curve: their mean, and a band from the lowest to the highest of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lsnn_core.errors import UsageError

from ..colours import PALETTE
from .checks import finite, matrix, vector

Array = npt.NDArray[np.float64]


def band(
    ax: Axes,
    x: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    color: str = PALETTE["R_E"],
    linestyle: str = "-",
    marker: str = "",
    label: str = "_",
) -> Line2D:
    """Draw the mean of `values` (M, runs) over `x` (M,), and the range of the runs pale behind it.

    Returns
    -------
    Line2D
        The mean.
    """
    at = vector("x", x)
    runs = finite(matrix("values", values))
    if len(runs) != at.size:
        raise UsageError(f"values: expected {at.size} rows, found {len(runs)}")
    if runs.shape[1] > 1:
        ax.fill_between(
            at, runs.min(axis=1), runs.max(axis=1), color=color, alpha=0.2, linewidth=0, zorder=2
        )
    (line,) = ax.plot(
        at,
        runs.mean(axis=1),
        color=color,
        linestyle=linestyle,
        marker=marker,
        label=label,
        zorder=3,
    )
    return line


def on_common_steps(series: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]]) -> tuple[Array, Array]:
    """Return steps (M,) and values (M, runs) of several (step, value) where all runs have some.

    Steps are those of any run within the range of all; between a run's own steps its values are
    joined by straight lines.
    """
    pairs = [(vector("step", s).astype(np.float64), finite(vector("value", v))) for s, v in series]
    first = max(float(s.min()) for s, _ in pairs)
    last = min(float(s.max()) for s, _ in pairs)
    steps = np.unique(np.concatenate([s for s, _ in pairs]))
    steps = steps[(steps >= first) & (steps <= last)]
    return steps, np.stack([np.interp(steps, s, v) for s, v in pairs], axis=1)
