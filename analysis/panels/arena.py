"""The circular arena, and paths in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from lsnn_core.errors import UsageError

from ..colours import PALETTE
from .checks import vector

FIRST, LATER = PALETTE["R_I"], PALETTE["R_E"]
GOAL = PALETTE["A"]


def arena(ax: Axes, goal: Sequence[float], goal_radius: float) -> None:
    """Draw the arena, a disc of radius 1, and the goal in it; the axes lose their frame."""
    ax.set_axis_off()
    ax.set_aspect("equal")
    border = ax.add_patch(
        Circle((0, 0), 1.0, facecolor="none", edgecolor="black", linewidth=0.7, zorder=5)
    )
    place = Circle((goal[0], goal[1]), goal_radius, facecolor=GOAL, alpha=0.3, linewidth=0)
    ax.add_patch(place)
    place.set_clip_path(border)  # outside nobody gets
    ax.set_xlim(-1.03, 1.03)
    ax.set_ylim(-1.03, 1.03)


def searches(ax: Axes, path: npt.ArrayLike, found: npt.ArrayLike) -> list[Line2D]:
    """Draw the path of an episode: the search for the goal, then the ways back to it.

    Parameters
    ----------
    ax
        Axes with an `arena`.
    path
        (T + 1, 2): positions; the one after a step that reached the goal is a new place.
    found
        Steps that reached the goal, ascending.

    Returns
    -------
    list of Line2D
        One for each search, the first one first. A dot marks where each begins.
    """
    positions = np.asarray(path)
    if positions.ndim != 2 or positions.shape[1] != 2:
        raise UsageError(f"path: expected shape (T + 1, 2), found {positions.shape}")
    ends = vector("found", found).astype(np.int64) + 1
    lines = []
    for k, part in enumerate(np.split(positions, ends)):
        if part.size:
            colour, width = (FIRST, 1.0) if k == 0 else (LATER, 0.6)
            lines += ax.plot(*part.T, color=colour, linewidth=width, zorder=3 if k == 0 else 2)
            ax.plot(
                *part[0], "o", color=colour, markersize=2.4, markeredgewidth=0.4,
                markeredgecolor="white", zorder=4,
            )  # fmt: skip
    return lines
