"""The network's opinion over time: softmax of the readout, with the window the loss reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from lsnn_core.errors import UsageError

from ..colours import PALETTE
from .checks import finite, matrix


def softmax_readout(
    ax: Axes,
    softmax: npt.ArrayLike,
    *,
    label: int | None = None,
    prediction: int | None = None,
    dt_ms: float = 1.0,
) -> list[Line2D]:
    """Draw the probability of each class over time, the true and the predicted one in front.

    Parameters
    ----------
    ax
        Axes to draw on; its vertical range becomes 0 to 1.
    softmax
        Probabilities, shape (T, n_out).
    label
        The true class, drawn in the readout's colour.
    prediction
        The class the network chose; if it is not the true one it is drawn dashed.
    dt_ms
        Duration of a step.

    Returns
    -------
    list of Line2D
        One line per class, class 0 first.
    """
    values = finite(matrix("softmax", softmax))
    n_out = values.shape[1]
    for name, index in (("label", label), ("prediction", prediction)):
        if index is not None and not 0 <= index < n_out:
            raise UsageError(f"{name}: expected a class from 0 to {n_out - 1}, found {index}")
    time_ms = dt_ms * np.arange(values.shape[0])
    lines = []
    for k in range(n_out):
        lines += ax.plot(time_ms, values[:, k], label=str(k), **_look(k, label, prediction))
    ax.set_ylim(-0.03, 1.03)
    ax.set_yticks([0, 0.5, 1])
    return lines


def _look(k: int, label: int | None, prediction: int | None) -> dict[str, Any]:
    if k == label:
        return {"color": PALETTE["Y"], "linewidth": 1.4, "zorder": 4}
    if k == prediction:
        return {"color": PALETTE["R_I"], "linewidth": 1.2, "linestyle": "--", "zorder": 3}
    return {"color": PALETTE["context"], "linewidth": 0.6, "zorder": 2}


def readout_window(ax: Axes, start_ms: float, end_ms: float) -> Rectangle:
    """Shade the time whose readout the loss reads."""
    return ax.axvspan(start_ms, end_ms, color=PALETTE["window"], linewidth=0, zorder=0)
