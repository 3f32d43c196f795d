"""Our numbers beside published ones: bars for means, whiskers for spread, a dot for each seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lsnn_core.errors import UsageError

from ..colours import PALETTE
from ..reading.published import Row
from ..reading.results import Group

WIDTH = 0.38  # of a bar; a row and its two bars take 1
WHISKER: dict[str, Any] = {"linewidth": 0.8, "capsize": 1.8, "capthick": 0.8, "zorder": 4}
BEST: dict[str, Any] = {"linestyle": "", "marker": "D", "markersize": 3.2, "zorder": 5}
SEED: dict[str, Any] = {
    "linestyle": "", "marker": "o", "markersize": 2.6, "markerfacecolor": "white",
    "markeredgecolor": "black", "markeredgewidth": 0.5, "zorder": 6,
}  # fmt: skip


MARK: dict[str, Any] = {
    "linestyle": "", "marker": "x", "markersize": 4.0, "color": "black", "markeredgewidth": 0.9,
    "zorder": 6,
}  # fmt: skip


def result_bars(
    ax: Axes,
    rows: Sequence[Row],
    groups: Sequence[Group | None],
    *,
    colours: Sequence[str] | None = None,
    marks: Sequence[Group | None] | None = None,
) -> None:
    """Draw two bars for each row: ours, filled, and the published one, open.

    Parameters
    ----------
    ax
        Axes to draw on; row k stands at x = k.
    rows
        The published numbers.
    groups
        Our runs of each row's recipe, None without any.
    colours
        One for each row.
    marks
        Other runs of each row, a cross for each: those of the published recipe beside ours.

    Notes
    -----
    A bar is a mean, its whisker one standard deviation over runs (cut where a percentage ends), a
    dot one seed, a diamond the
    published best run. Where no mean is published the diamond stands alone. A dashed bar and an
    open diamond are numbers that could not be checked against a copy of their source.
    """
    if len(groups) != len(rows) or (colours is not None and len(colours) != len(rows)):
        raise UsageError(f"groups, colours: expected {len(rows)} entries, one for each row")
    for k, (row, group) in enumerate(zip(rows, groups, strict=True)):
        colour = colours[k] if colours is not None else PALETTE["R_E"]
        if group is not None:
            _ours(ax, k - WIDTH / 2, group, row, colour)
        _published(ax, k + WIDTH / 2, row, colour)
        marked = marks[k] if marks is not None else None
        if marked is not None:
            ax.plot(np.full(len(marked.values), k - WIDTH / 2), marked.values, **MARK)
        if group is None and marked is None:
            ax.text(
                k - WIDTH / 2, 13, "no run", rotation=90, ha="center", va="bottom", fontsize=6,
                color=PALETTE["X"], style="italic",
            )  # fmt: skip
    ax.set_xlim(-0.6, len(rows) - 0.4)
    ax.set_xticks(range(len(rows)), [row.model for row in rows])
    ax.tick_params(axis="x", length=0)


def bar_handles(colour: str = PALETTE["X"]) -> list[Artist]:
    """Return legend entries that say what the marks of `result_bars` are."""
    return [
        Patch(facecolor=colour, alpha=0.55, label="ours ± s.d."),
        Line2D([], [], label="each seed", **SEED),
        Patch(facecolor="white", edgecolor=colour, label="published ± s.d."),
        Line2D([], [], color=colour, label="published best", **BEST),
    ]


def _ours(ax: Axes, x: float, group: Group, row: Row, colour: str) -> None:
    ax.bar(x, group.mean, WIDTH, color=colour, alpha=0.55, linewidth=0, zorder=2)
    if group.sd is not None:
        _whisker(ax, x, group.mean, group.sd, row, colour)
    shift = np.linspace(-0.25, 0.25, len(group.values)) * WIDTH if group.sd is not None else [0.0]
    ax.plot(x + np.asarray(shift), group.values, **SEED)


def _whisker(ax: Axes, x: float, mean: float, sd: float, row: Row, colour: str) -> None:
    """Draw one standard deviation to both sides, but of a percentage nothing beyond 0 and 100."""
    low, high = (mean, 100.0 - mean) if row.scale == 100 else (sd, sd)
    ax.errorbar(x, mean, [[min(sd, low)], [min(sd, high)]], color=colour, **WHISKER)


def _published(ax: Axes, x: float, row: Row, colour: str) -> None:
    if row.mean is not None:
        ax.bar(
            x, row.mean, WIDTH, facecolor="white", edgecolor=colour, linewidth=0.8,
            linestyle="-" if row.is_sure("mean") else (0, (2, 1.5)), zorder=2,
        )  # fmt: skip
        if row.sd is not None:
            _whisker(ax, x, row.mean, row.sd, row, colour)
    if row.best is not None:
        inside = colour if row.is_sure("best") else "white"
        ax.plot(x, row.best, color=colour, markerfacecolor=inside, markeredgewidth=0.8, **BEST)
