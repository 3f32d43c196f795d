"""Functions and what a network takes them for."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..colours import PALETTE
from .checks import finite, matrix, vector


def sample_curves(ax: Axes, x: npt.ArrayLike, values: npt.ArrayLike) -> list[Line2D]:
    """Draw functions, `values` (functions, G) at `x` (G,), each in a shade of its own."""
    points = vector("x", x)
    curves = finite(matrix("values", values, points.size))
    shades = matplotlib.colormaps["cividis"](np.linspace(0.0, 0.85, len(curves)))
    lines = []
    for one, shade in zip(curves, shades, strict=True):
        lines += ax.plot(points, one, color=shade, linewidth=0.9)
    ax.set_xlim(points.min(), points.max())
    return lines


def internal_model(
    ax: Axes,
    x: npt.ArrayLike,
    guess: npt.ArrayLike,
    value: npt.ArrayLike | None = None,
    *,
    shown: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    color: str = PALETTE["Y"],
) -> Line2D:
    """Draw what a network expects at every x, over the function it is to learn.

    Parameters
    ----------
    ax
        Axes to draw on.
    x, guess, value
        (G,) each; without a `value` there is no function to learn.
    shown
        x and values of the examples seen so far, the last one drawn filled.
    color
        Of the network's expectation.
    """
    points = vector("x", x)
    if value is not None:
        truth = finite(vector("value", value, points.size))
        ax.plot(points, truth, color=PALETTE["context"], linewidth=2.4, zorder=1)
    expected = finite(vector("guess", guess, points.size))
    (line,) = ax.plot(points, expected, color=color, linewidth=1.1, zorder=3)
    if shown is not None:
        _examples(ax, vector("shown", shown[0]), vector("shown", shown[1]))
    margin = 0.04 * float(np.ptp(points))
    ax.set_xlim(points.min() - margin, points.max() + margin)
    return line


def _examples(ax: Axes, x: npt.NDArray[np.float64], value: npt.NDArray[np.float64]) -> None:
    look: dict[str, Any] = {"linestyle": "", "marker": "o", "color": PALETTE["X"], "zorder": 4}
    ax.plot(
        x[:-1], value[:-1], markersize=2.4, markerfacecolor="white", markeredgewidth=0.5, **look
    )
    ax.plot(x[-1:], value[-1:], markersize=2.8, markeredgewidth=0, **look)
