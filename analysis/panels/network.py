"""The network as a diagram: populations, and how densely each is connected to each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.path import Path

from ..colours import PALETTE
from ..reading.connectivity import Connection, Connectivity

Point = npt.NDArray[np.float64]

RADIUS = 0.21
LOOP = 0.19  # radius of an arrow from a population to itself
SIZE = (2.6, 5.2)  # of the drawing, in units that are inches when it is drawn this large
COLOURS: Mapping[str, str] = {
    "X_E": PALETTE["X"], "X_I": "#8A8A8A", "X": PALETTE["X"], "R_E": PALETTE["R_E"],
    "R_I": PALETTE["R_I"], "R": PALETTE["R_E"], "A": PALETTE["A"], "Y": PALETTE["Y"],
}  # fmt: skip

# Where populations stand: inputs above, outputs below; the parts of R and A make a triangle.
PLACES: Mapping[str, tuple[float, float]] = {
    "X": (1.3, 4.9), "X_E": (0.55, 4.9), "X_I": (2.05, 4.9), "R_E": (0.42, 2.95), "R": (0.42, 2.6),
    "A": (2.18, 2.95), "R_I": (1.3, 1.5), "Y": (1.3, 0.3),
}  # fmt: skip

# How an arrow bends (a fraction of its length) and where on it its number stands (another one).
BENDS: Mapping[tuple[str, str], tuple[float, float]] = {
    ("X_E", "R_E"): (0.0, 0.36), ("X_E", "A"): (-0.08, 0.24), ("X_E", "R_I"): (-0.02, 0.42),
    ("X_I", "R_E"): (0.08, 0.24), ("X_I", "A"): (0.0, 0.36), ("X_I", "R_I"): (0.02, 0.42),
    ("R_E", "A"): (-0.10, 0.5), ("A", "R_E"): (-0.10, 0.5),
    ("R_E", "R_I"): (-0.14, 0.45), ("R_I", "R_E"): (-0.14, 0.45),
    ("A", "R_I"): (-0.14, 0.45), ("R_I", "A"): (-0.14, 0.45),
    ("R_E", "Y"): (0.28, 0.55), ("A", "Y"): (-0.28, 0.55), ("R_I", "Y"): (0.0, 0.5),
    ("R", "A"): (-0.10, 0.5), ("A", "R"): (-0.10, 0.5),
}  # fmt: skip
LOOPS: Mapping[str, float] = {"R_E": 180.0, "R": 180.0, "A": 0.0, "R_I": 205.0}  # degrees


def network(ax: Axes, data: Connectivity) -> dict[tuple[str, str], FancyArrowPatch]:
    """Draw populations as discs and their connections as arrows with connection probabilities.

    Parameters
    ----------
    ax
        Axes to draw on; it loses its frame.
    data
        From `analysis.connectivity(run)`. An arrow is as wide as its connection is dense, has its
        source's colour, and ends in a bar if the source inhibits.

    Returns
    -------
    dict
        The arrow of each (source, target) that has connections.
    """
    ax.set_axis_off()
    ax.set_aspect("equal")
    ax.set_xlim(-0.12, SIZE[0] + 0.12)
    ax.set_ylim(0, SIZE[1])
    places = {name: np.array(_place(name, data)) for name in data.sizes}
    arrows = {}
    for one in data.connections:
        if one.count:
            arrows[one.source, one.target] = _arrow(ax, one, places)
    for name, size in data.sizes.items():
        _population(ax, name, size, places[name])
    return arrows


def _place(name: str, data: Connectivity) -> tuple[float, float]:
    """Return where a population stands; the only one of neurons stands in the middle."""
    if name == "R" and "A" not in data.sizes:
        return 1.3, 2.6
    if name == "A" and "R_E" not in data.sizes:
        return 2.18, 2.6
    return PLACES[name]


def _population(ax: Axes, name: str, size: int, place: Point) -> None:
    ax.add_patch(Circle((place[0], place[1]), RADIUS, color=COLOURS[name], linewidth=0, zorder=4))
    letter, _, part = name.partition("_")
    label = rf"$\mathbf{{{letter}_{part}}}$" if part else rf"$\mathbf{{{letter}}}$"
    x, y = place
    ax.text(x, y + 0.045, label, color="white", ha="center", va="center", zorder=5)
    ax.text(x, y - 0.105, str(size), color="white", fontsize=6, ha="center", va="center", zorder=5)


def _arrow(ax: Axes, one: Connection, places: Mapping[str, Point]) -> FancyArrowPatch:
    bend, at = BENDS.get((one.source, one.target), (0.0, 0.5))
    if one.source == one.target:
        points, label = _loop(places[one.source], LOOPS.get(one.source, 0.0))
    else:
        points, label = _curve(places[one.source], places[one.target], bend, at)
    inhibits = one.source.endswith("_I")
    width = 0.5 + 7.0 * min(one.probability, 0.5)
    patch = FancyArrowPatch(
        path=Path(points), color=COLOURS[one.source], linewidth=width, shrinkA=0, shrinkB=0,
        arrowstyle="|-|,widthA=0,widthB=0.5" if inhibits else "-|>,head_width=0.28,head_length=0.5",
        mutation_scale=5 + 2 * width, capstyle="butt", joinstyle="round", zorder=2,
    )  # fmt: skip
    ax.add_patch(patch)
    ax.text(
        label[0], label[1], _percent(one.probability), color=COLOURS[one.source], fontsize=6.5,
        ha="center", va="center", zorder=3,
        bbox={"boxstyle": "square,pad=0.08", "facecolor": "white", "edgecolor": "none"},
    )  # fmt: skip
    return patch


def _curve(start: Point, end: Point, bend: float, at: float) -> tuple[Point, Point]:
    """Return points of an arc from disc to disc, and where its number stands."""
    along = end - start
    control = (start + end) / 2 + bend * np.array([along[1], -along[0]])
    t = np.linspace(0.0, 1.0, 61)[:, None]
    points = (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end
    outside = np.linalg.norm(points - start, axis=1) > RADIUS
    outside &= np.linalg.norm(points - end, axis=1) > RADIUS + 0.045
    shown = points[outside]
    return shown, shown[round(at * (len(shown) - 1))]


def _loop(place: Point, direction: float) -> tuple[Point, Point]:
    """Return points of an arc from a disc to itself, and where its number stands."""
    outward = np.array([np.cos(np.radians(direction)), np.sin(np.radians(direction))])
    centre = place + (RADIUS + 0.6 * LOOP) * outward
    angles = np.radians(np.linspace(direction - 125, direction + 125, 81))
    points = centre + LOOP * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    shown = points[np.linalg.norm(points - place, axis=1) > RADIUS + 0.02]
    return shown, centre + LOOP * outward


def _percent(probability: float) -> str:
    return f"{100 * probability:.1f}" if probability < 0.0995 else f"{100 * probability:.0f}"
