"""How long connections live: survival from births and final ages, and weight by age."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..colours import PALETTE
from ..style import plain_log_ticks
from .checks import vector
from .note import note

Array = npt.NDArray[np.float64]
FEWEST = 20  # births in a class of ages: of fewer a share says little (our choice)


def survival(
    ax: Axes,
    age: npt.ArrayLike,
    born: npt.ArrayLike,
    *,
    n_bins: int = 24,
    color: str = PALETTE["R_E"],
    linestyle: Any = "-",
    label: str = "_",
) -> Line2D:
    """Draw the share of the connections born some iterations ago that still are there.

    Parameters
    ----------
    ax
        Axes to draw on; its horizontal axis becomes logarithmic.
    age
        Age of each connection at the end, in iterations, 0 for those born in the last one.
    born
        (T,): connections born in each iteration. Those there from the start have age T, and are
        left out.
    n_bins
        Classes of age, equally wide in the logarithm; those with few births are left out.
    color, linestyle, label
        Look of the line.
    """
    centre, share = survival_by_age(age, born, n_bins)
    (line,) = ax.plot(
        centre, 100.0 * share, color=color, linestyle=linestyle, label=label, marker="o",
        markersize=2.0,
    )  # fmt: skip
    ax.set_xscale("log")
    plain_log_ticks(ax.xaxis)
    ax.set_ylim(0, 104)
    if not centre.size and not ax.texts:
        note(ax, "too few births")
    return line


def survival_by_age(age: npt.ArrayLike, born: npt.ArrayLike, n_bins: int) -> tuple[Array, Array]:
    """Return the middle of each class of ages, and the share of those born then that is left."""
    births = vector("born", born)[::-1]  # entry a: born a iterations before the end
    n = births.size
    left = np.bincount(vector("age", age).astype(np.int64), minlength=n)[:n]
    edges = _edges(n, n_bins)
    begun = np.add.reduceat(births, edges[:-1])
    kept = np.add.reduceat(left, edges[:-1])
    some = begun >= FEWEST
    middle = np.sqrt((edges[:-1] + 1.0) * edges[1:])
    return middle[some], np.minimum(kept[some] / begun[some], 1.0)


def weight_by_age(
    ax: Axes,
    age: npt.ArrayLike,
    weight: npt.ArrayLike,
    *,
    n_bins: int = 8,
    color: str = PALETTE["R_E"],
    linestyle: Any = "-",
) -> Line2D:
    """Draw the median absolute weight of connections by their age, with the quartiles behind it."""
    ages = vector("age", age).astype(np.int64)
    sizes = np.abs(vector("weight", weight, ages.size)).astype(np.float64)
    edges = _edges(int(ages.max(initial=0)) + 1, n_bins)
    group = np.searchsorted(edges, ages, side="right") - 1
    here = [k for k in range(len(edges) - 1) if np.any(group == k)]
    quartiles = np.array([np.quantile(sizes[group == k], (0.25, 0.5, 0.75)) for k in here])
    quartiles = quartiles.reshape(-1, 3)
    middle = np.array([np.sqrt((edges[k] + 1.0) * edges[k + 1]) for k in here])
    ax.fill_between(middle, quartiles[:, 0], quartiles[:, 2], color=color, alpha=0.15, linewidth=0)
    (line,) = ax.plot(
        middle, quartiles[:, 1], color=color, linestyle=linestyle, marker="o", markersize=2.0
    )
    ax.set_xscale("log")
    plain_log_ticks(ax.xaxis)
    return line


def _edges(n: int, n_bins: int) -> npt.NDArray[np.int64]:
    """Return edges of classes of the ages 0 ... n - 1, equally wide in the logarithm of age + 1."""
    edges = np.unique(np.round(np.geomspace(1, n + 1, n_bins + 1)).astype(np.int64)) - 1
    return edges if edges.size > 1 else np.array([0, max(n, 1)])
