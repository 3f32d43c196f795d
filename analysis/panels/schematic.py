"""Drawings without data: how learning to learn is set up, and what a target network looks like."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch

from ..colours import PALETTE

SCHEME_SIZE = (2.5, 1.5)  # in inches when drawn without scaling
NETWORK_SIZE = (1.35, 1.5)
SMALL = 6.5
PALE = {"R_E": "#D9E9F4", "Y": "#F7E6EF", "X": "#EDEDED"}


def learning_scheme(ax: Axes) -> None:
    """Draw the two loops of learning to learn: weights change outside, the state inside."""
    _canvas(ax, SCHEME_SIZE)
    _box(ax, (0.36, 0.98), (0.7, 0.42), "function $C$\nof a family", PALE["X"])
    _box(ax, (1.4, 0.98), (0.62, 0.42), "LSNN", PALE["R_E"], weight="bold")
    _box(ax, (2.2, 0.35), (0.56, 0.36), r"$(\hat{C} - C)^2$", PALE["Y"])
    _arrow(ax, (0.72, 1.08), (1.08, 1.08))
    ax.text(0.9, 1.12, "$x$", ha="center", va="bottom", fontsize=SMALL)
    _arrow(ax, (0.72, 0.88), (1.08, 0.88))
    ax.text(0.9, 0.83, "$C(x')$", ha="center", va="top", fontsize=SMALL)
    _arrow(ax, (1.72, 0.98), (2.2, 0.54), bend="angle,angleA=0,angleB=90,rad=4")
    ax.text(1.97, 1.02, r"$\hat{C}(x)$", ha="center", va="bottom", fontsize=SMALL)
    _arrow(ax, (0.36, 0.76), (1.91, 0.40), bend="angle,angleA=90,angleB=180,rad=4")
    ax.text(0.40, 0.44, "$C(x)$", ha="left", va="bottom", fontsize=SMALL)
    _arrow(
        ax, (1.98, 0.16), (1.4, 0.76), bend="angle,angleA=180,angleB=90,rad=4",
        color=PALETTE["R_I"], linestyle=(0, (3, 1.5)),
    )  # fmt: skip
    ax.text(
        1.36, 0.13, "outer loop: BPTT changes\nthe weights after each batch", ha="right",
        va="center", fontsize=6, color=PALETTE["R_I"], linespacing=1.1,
    )  # fmt: skip
    ax.text(
        0.0, 1.29, "inner loop: another example every 20 ms, weights fixed", ha="left",
        va="bottom", fontsize=6,
    )  # fmt: skip


def target_network(ax: Axes, n_hidden: int = 10) -> None:
    """Draw a target network: 2 inputs, hidden units and 1 output, all sigmoidal."""
    _canvas(ax, NETWORK_SIZE)
    inputs = [(0.22, 0.95), (0.22, 0.5)]
    hidden = [(0.68, y) for y in np.linspace(0.14, 1.31, n_hidden)]
    output = (1.08, 0.725)
    for end in hidden:
        for start in inputs:
            _line(ax, start, end)
        _line(ax, end, output)
    for (x, y), name in zip(inputs, ("$x_1$", "$x_2$"), strict=True):
        _unit(ax, (x, y), 0.045, PALETTE["X"])
        ax.text(x - 0.08, y, name, ha="right", va="center", fontsize=SMALL)
    for place in hidden:
        _unit(ax, place, 0.042, PALETTE["R_E"])
    _unit(ax, output, 0.045, PALETTE["Y"])
    ax.text(output[0] + 0.08, output[1], "$C$", ha="left", va="center", fontsize=SMALL)
    ax.text(0.68, 1.39, f"{n_hidden} units", ha="center", va="bottom", fontsize=6)


def _canvas(ax: Axes, size: tuple[float, float]) -> None:
    ax.set_axis_off()
    ax.set_aspect("equal")
    ax.set_xlim(0, size[0])
    ax.set_ylim(0, size[1])


def _box(
    ax: Axes, centre: tuple[float, float], size: tuple[float, float], text: str, colour: str,
    **look: Any,
) -> None:  # fmt: skip
    corner = centre[0] - size[0] / 2, centre[1] - size[1] / 2
    ax.add_patch(
        FancyBboxPatch(
            corner, *size, boxstyle="round,pad=0,rounding_size=0.06", facecolor=colour,
            edgecolor=PALETTE["X"], linewidth=0.6,
        )
    )  # fmt: skip
    ax.text(*centre, text, ha="center", va="center", fontsize=SMALL, linespacing=1.1, **look)


def _arrow(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], *, bend: str = "arc3,rad=0",
    color: str = PALETTE["X"], linestyle: Any = "-",
) -> None:  # fmt: skip
    ax.annotate(
        "", end, start,
        arrowprops={
            "arrowstyle": "-|>,head_width=0.14,head_length=0.28", "connectionstyle": bend,
            "color": color, "linewidth": 0.8, "linestyle": linestyle, "shrinkA": 0, "shrinkB": 0,
        },
    )  # fmt: skip


def _line(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.plot(*zip(start, end, strict=True), color=PALETTE["context"], linewidth=0.4, zorder=1)


def _unit(ax: Axes, centre: tuple[float, float], radius: float, colour: str) -> None:
    ax.add_patch(Circle(centre, radius, color=colour, linewidth=0, zorder=3))
