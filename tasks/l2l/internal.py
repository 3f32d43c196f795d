"""Readouts of a network's internal model: auxiliary targets, in training alone.

What a network makes of the examples it has seen stays in spikes and thresholds; the one readout
tells of it at the x that is shown. Further readouts, each of one point of a grid, tell at each
example what the function is there, from the spikes of the last examples. Their error joins the loss
(D-internal-readouts); nothing else looks at them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lsnn_core.task.losses import mean_squared_error

from .families import Family

Array = npt.NDArray[Any]

REACH: Final = 0.9  # of x_max: how far the grid goes (our choice)
LAST: Final = 5  # examples whose spike counts are read (our choice)


def grid(family: Family, size: int) -> Array:
    """Points (size ** d, d), `size` of them evenly along each input."""
    axis = np.linspace(-REACH, REACH, size) * family.x_max if size > 1 else np.zeros(size)
    axes = np.meshgrid(*[axis] * family.d, indexing="ij")
    return np.stack(axes, axis=-1).reshape(-1, family.d)


def values_on_grid(family: Family, functions: Array, size: int) -> Array:
    """What functions (B, parameters) are on the grid, (B, size ** d)."""
    points = grid(family, size)
    return family.evaluate(functions, np.repeat(points[None], len(functions), axis=0))


def internal_loss(y: Array, target: Array, hold: int, share: float) -> tuple[float, Array]:
    """Mean squared error over the grid, and its derivative.

    Parameters
    ----------
    y
        (T, K, L): auxiliary readouts.
    target
        (L, K), in the unit of a spike count: -1 to 1 over the family's range.
    hold
        Steps of an example.
    share
        Weight of one example of one episode.

    Returns
    -------
    loss, d_y (T, K, L)
    """
    _, K, L = y.shape
    counts = y.reshape(-1, hold, K, L).sum(1, dtype=np.float64)
    loss, d_mean = mean_squared_error(mean_of_last(counts), target.T[None], share / K)
    return loss, np.repeat(mean_of_last_back(d_mean), hold, axis=0)


def mean_of_last(counts: Array) -> Array:
    """Mean of each example and up to `LAST` - 1 before it; counts (E, ...)."""
    total = np.cumsum(counts, axis=0)
    total[LAST:] -= total[:-LAST].copy()
    return total / _number(counts)


def mean_of_last_back(d_mean: Array) -> Array:
    """Transpose of `mean_of_last`."""
    total = np.cumsum((d_mean / _number(d_mean))[::-1], axis=0)
    total[LAST:] -= total[:-LAST].copy()
    return total[::-1]


def _number(like: Array) -> Array:
    """How many examples each mean is of, (E, 1, ...)."""
    return np.minimum(np.arange(1, len(like) + 1), LAST).reshape(-1, *[1] * (like.ndim - 1))
