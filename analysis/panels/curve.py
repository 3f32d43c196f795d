"""A quantity over iterations: the smoothed curve in front, the raw values pale behind it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lsnn_core.errors import UsageError

from ..colours import PALETTE
from .checks import finite, vector
from .note import note


def curve(
    ax: Axes,
    step: npt.ArrayLike,
    value: npt.ArrayLike,
    *,
    window: int | None = None,
    raw: bool = True,
    color: str = PALETTE["R_E"],
    linestyle: str = "-",
    marker: str = "",
) -> Line2D:
    """Draw `value` over `step`.

    Parameters
    ----------
    ax
        Axes to draw on.
    step, value
        Iterations and values, one entry each. NaN and infinity leave a gap, marked by a cross at
        the bottom of the axes, which a legend calls "not finite".
    window
        Points in the running mean; 1 draws the values as they are. By default a fortieth of the
        points (our choice: it hides the batch noise and keeps the shape).
    raw
        Whether to draw the raw values behind the smoothed ones.
    color, linestyle, marker
        Look of the smoothed line. A point between gaps gets a marker, or it could not be seen.

    Returns
    -------
    Line2D
        The smoothed line.
    """
    steps = vector("step", step)
    values = finite(vector("value", value, steps.size))
    if values.size == 0:
        raise UsageError("value: expected at least one point, found none")
    width = max(1, values.size // 40) if window is None else window
    if raw and width > 1:
        ax.plot(steps, values, color=color, linewidth=0.4, alpha=0.35, zorder=1)
    shown = running_mean(values, width)
    good = np.isfinite(values)
    (line,) = ax.plot(steps, shown, color=color, linestyle=linestyle, marker=marker, zorder=3)
    alone = np.flatnonzero(good & ~_neighbours(good))
    if alone.size and not marker:
        line.set(marker="o", markevery=alone.tolist())
    _mark_gaps(ax, steps[~good], color)
    if not good.any() and not ax.texts:
        note(ax, "no finite values")
    return line


def running_mean(values: npt.ArrayLike, width: int) -> npt.NDArray[np.float64]:
    """Return the centred mean over `width` points, fewer at the ends; NaN is left out, and stays.

    Parameters
    ----------
    values
        Shape (n,).
    width
        Points in the mean, at least 1.
    """
    raw = finite(vector("values", values))
    if width < 1:
        raise UsageError(f"width: expected at least 1 point, found {width}")
    good = np.isfinite(raw)
    box = np.ones(min(width, raw.size))
    first = box.size // 2
    centre = slice(first, first + raw.size)
    # Direct sums, not differences of a running total: one huge loss must not blur all later ones.
    total = np.convolve(np.where(good, raw, 0.0), box)[centre]
    count = np.convolve(good.astype(np.float64), box)[centre]
    mean = np.full(raw.size, np.nan)
    np.divide(total, count, out=mean, where=good)
    return mean


def _neighbours(good: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return for each point whether one beside it is good."""
    padded = np.concatenate(([False], good, [False]))
    return padded[:-2] | padded[2:]


def _mark_gaps(ax: Axes, steps: npt.NDArray[np.int64], color: str) -> None:
    if steps.size:
        bottom = ax.get_xaxis_transform()
        ax.plot(
            steps, np.zeros(steps.size), "x", color=color, label="not finite", transform=bottom,
            clip_on=False, zorder=5,
        )  # fmt: skip
