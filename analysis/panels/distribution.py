"""How often values occur: outlines, so that several fit on one axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from scipy.special import bdtr

from ..colours import PALETTE
from .checks import vector


def cumulative(
    ax: Axes,
    values: npt.ArrayLike,
    *,
    random: tuple[int, float] | None = None,
    color: str = PALETTE["R_E"],
    linestyle: Any = "-",
    label: str = "_",
) -> Line2D:
    """Draw the percentage of `values`, whole numbers >= 0, that are at most so large.

    Parameters
    ----------
    ax
        Axes to draw on.
    values
        Shape (n,).
    random
        (sites, probability): the distribution to expect if each site was connected by chance, drawn
        thin.
    color, linestyle, label
        Look of the line.
    """
    numbers = np.sort(vector("values", values).astype(np.int64))
    at = np.arange(int(numbers.max(initial=0)) + 2)
    share = np.searchsorted(numbers, at, side="right") / max(numbers.size, 1)
    if random is not None:
        sites, probability = random
        by_chance = bdtr(np.minimum(at, sites).astype(float), sites, probability)
        ax.plot(at, 100 * by_chance, color=color, linewidth=0.5, alpha=0.7, zorder=2)
    (line,) = ax.step(
        at, 100 * share, where="post", color=color, linestyle=linestyle, label=label, zorder=3
    )
    return line


def share_at_most(
    ax: Axes,
    values: npt.ArrayLike,
    *,
    limits: tuple[float, float],
    color: str = PALETTE["R_E"],
    linestyle: Any = "-",
) -> Line2D:
    """Draw the percentage of `values` (n,), any numbers, at most so large, between `limits`."""
    numbers = np.sort(vector("values", values).astype(np.float64))
    share = np.arange(numbers.size + 1) / max(numbers.size, 1)
    at = np.concatenate(([limits[0]], numbers, [limits[1]]))
    share = np.append(share, share[-1])
    (line,) = ax.step(at, 100 * share, where="post", color=color, linestyle=linestyle, zorder=3)
    return line


def log_histogram(
    ax: Axes,
    values: npt.ArrayLike,
    *,
    low: float = 1e-4,
    bins_per_decade: int = 8,
    color: str = PALETTE["R_E"],
    linestyle: Any = "-",
    label: str = "_",
) -> StepPatch:
    """Draw the percentage of positive `values` by size; those below `low` count as `low`."""
    sizes = np.maximum(vector("values", values).astype(np.float64), low)
    top = max(float(sizes.max(initial=low)), 10 * low)
    n = int(np.ceil(np.log10(top / low) * bins_per_decade)) + 1
    edges = low * 10.0 ** (np.arange(n + 1) / bins_per_decade)
    height = np.histogram(sizes, edges)[0] / max(sizes.size, 1)
    area = ax.stairs(
        100 * height, edges, color=color, linestyle=linestyle, linewidth=1.0, label=label
    )
    ax.set_xscale("log")
    return area
