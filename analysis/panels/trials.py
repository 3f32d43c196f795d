"""Errors over the trials of an episode, on functions that a network meets for the first time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..colours import PALETTE
from .checks import finite, matrix, vector

Array = npt.NDArray[np.float64]


def trial_errors(
    ax: Axes,
    errors: npt.ArrayLike,
    *,
    color: str = PALETTE["R_E"],
    linestyle: Any = "-",
    linewidth: float = 1.2,
    band: bool = True,
    label: str = "_",
) -> Line2D:
    """Draw the mean error over functions at each trial, and its standard error pale behind it.

    Parameters
    ----------
    ax
        Axes to draw on; both axes become logarithmic.
    errors
        Squared errors, (functions, trials).
    color, linestyle, linewidth, label
        Look of the line.
    band
        Whether to draw the standard error.

    Notes
    -----
    Late trials are averaged in groups, equally wide in the logarithm (our choice: one trial of few
    functions is noise), early ones stand alone.
    """
    values = finite(matrix("errors", errors))
    centre, groups = trial_groups(values.shape[1])
    per_function = np.stack([values[:, part].mean(axis=1) for part in groups], axis=1)
    mean = per_function.mean(axis=0)
    if band and len(values) > 1:
        error = per_function.std(axis=0, ddof=1) / np.sqrt(len(values))
        low = np.maximum(mean - error, 0.1 * mean)  # a logarithmic axis has no 0
        ax.fill_between(centre, low, mean + error, color=color, alpha=0.2, linewidth=0, zorder=2)
    (line,) = ax.plot(
        centre, mean, color=color, linestyle=linestyle, linewidth=linewidth, label=label, zorder=3
    )
    ax.set_xscale("log")
    ax.set_yscale("log")
    return line


def trial_groups(n_trials: int) -> tuple[Array, list[slice]]:
    """Return the middle of each group of trials, counted from 1, and the trials as slices."""
    edges = np.unique(np.round(np.geomspace(1, n_trials + 1, 25)).astype(np.int64)) - 1
    parts = [slice(int(a), int(b)) for a, b in pairwise(edges)]
    return np.sqrt((edges[:-1] + 1.0) * edges[1:]), parts


def one_function(
    ax: Axes,
    error: npt.ArrayLike,
    *,
    learned_at: int | None = None,
    color: str = PALETTE["R_E"],
) -> Line2D:
    """Draw the errors (trials,) on a single function, a cross where it has become known."""
    values = finite(vector("error", error))
    trial = np.arange(1, values.size + 1)
    (line,) = ax.plot(trial, values, color=color, linewidth=0.8, zorder=3)
    if learned_at is not None:
        ax.plot(
            trial[learned_at], values[learned_at], "x", color=PALETTE["R_I"], markersize=4,
            markeredgewidth=1.2, zorder=4,
        )  # fmt: skip
    ax.set_xlim(0.5, values.size + 0.5)
    ax.set_ylim(bottom=0)
    return line


def function_dots(ax: Axes, groups: Mapping[str, npt.ArrayLike], *, colours: Sequence[str]) -> None:
    """Draw a dot for each function's error, side by side for each predictor, a bar at their mean.

    Parameters
    ----------
    ax
        Axes to draw on; predictor k stands at x = k.
    groups
        Mean squared errors (functions,) by predictor.
    colours
        One for each predictor.
    """
    for k, (values, colour) in enumerate(zip(groups.values(), colours, strict=True)):
        one = np.sort(finite(vector("groups", values)))
        shift = 0.22 * (np.arange(one.size) * 0.618034 % 1.0 * 2 - 1)  # spread out, always alike
        ax.plot(
            k + shift,
            one,
            "o",
            color=colour,
            markersize=1.8,
            alpha=0.5,
            markeredgewidth=0,
            zorder=3,
        )
        ax.hlines(one.mean(), k - 0.34, k + 0.34, color=colour, linewidth=1.6, zorder=4)
    ax.set_xlim(-0.6, len(groups) - 0.4)
    ax.set_xticks(range(len(groups)), list(groups))
    ax.tick_params(axis="x", length=0)
