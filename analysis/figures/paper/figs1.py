"""The navigation network: connection probabilities, and spikes during one episode.

Figure S1 of the paper. A the connections that DEEP R settled on, with their probabilities; B one
episode: place cells and reward inputs, spikes of R and A, the readouts that make the policy, and
the way to the goal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D

from lsnn_core.errors import BadFileError

from ...blocks import Panel, PanelRow
from ...colours import PALETTE
from ...panels.network import network
from ...panels.rows import population_raster, row_name, share_time
from ...reading.connectivity import Connectivity, connectivity
from ...reading.populations import Population, adaptive, regular
from ...reading.run import Run, open_run
from ...runfigure import RunFigure, one_path
from ...sheet import Sheet
from ...style import PAGE_IN, width_of
from .fig3_data import RECORDS, refuse_other_tasks

Array = npt.NDArray[Any]

EXAMPLE = "recordings/example"
LEFT_IN, NETWORK_IN, NAME_IN = 2.65, 5.0, 0.72
DT_MS = 1.0
GOAL = PALETTE["A"]


@dataclass(frozen=True)
class FigS1Data:
    """What the figure shows.

    Attributes
    ----------
    connections
        Between the populations.
    inputs, neurons
        Place cells and reward inputs; R and A.
    action
        (T, 2), the policy's mean.
    distance
        (T,) from the goal's border, in radii of the arena; negative is inside.
    reached
        Steps that reached the goal.
    duration_ms
        Of the whole episode.
    about
        Traces the picture to its run.
    """

    connections: Connectivity
    inputs: tuple[Population, ...]
    neurons: tuple[Population, ...]
    action: Array
    distance: Array
    reached: Array
    duration_ms: float
    about: str


def load(path: str) -> FigS1Data:
    """Read what the figure shows from one run file.

    Raises
    ------
    BadFileError
        If the run is of another task, lacks a recording (named, with the command that records it),
        or its arrays contradict each other.
    """
    with open_run(path) as run:
        refuse_other_tasks(run, "figS1")
        return read(run)


def read(run: Run) -> FigS1Data:
    """Read what the figure shows from an open run; see `load`."""
    y = run.array(f"{EXAMPLE}/y", made_by=RECORDS, shape=(None, 5))
    position = run.array(f"{EXAMPLE}/position", made_by=RECORDS, shape=(len(y), 2))
    goal = run.array(f"{EXAMPLE}/goal", made_by=RECORDS, shape=(2,))
    radius = float(run.array(f"{EXAMPLE}/goal_radius", made_by=RECORDS, shape=()))
    reward = run.array(f"{EXAMPLE}/reward", made_by=RECORDS, shape=(len(y),))
    return FigS1Data(
        connections=connectivity(run),
        inputs=_inputs(run),
        neurons=(*regular(run), *adaptive(run)),
        action=np.tanh(y[:, :2]),
        distance=np.hypot(*(position - goal).T) - radius,
        reached=np.flatnonzero(reward > 0),
        duration_ms=DT_MS * len(y),
        about=run.about,
    )


def sheet(data: FigS1Data) -> Sheet:
    """Connections to the left (A), activity to the right (B)."""
    height = sum(_heights(data)) + 0.55
    connections = Panel(partial(_draw_connections, data=data), LEFT_IN, min(height, NETWORK_IN))
    activity = Panel(partial(draw_activity, data=data), PAGE_IN - LEFT_IN, height)
    return Sheet((PanelRow((connections, activity)),))


def _draw_connections(part: SubFigure, data: FigS1Data) -> None:
    ax = part.subplots()
    network(ax, data.connections)
    ax.set_title("connection probability (%)", fontsize=7)


def draw_activity(part: SubFigure, data: FigS1Data) -> None:
    """Draw one episode (B)."""
    heights = _heights(data)
    grid = part.subplots(
        len(heights), 2, width_ratios=[NAME_IN, width_of(part) - NAME_IN],
        height_ratios=heights, squeeze=False,
    )  # fmt: skip
    populations = (*data.inputs, *data.neurons)
    for (name, panel), population, height in zip(grid, populations, heights, strict=False):
        population_raster(panel, population, height)
        row_name(name, population.name, population.remark, population.colour)
    grid[0, 1].set_title("a whole episode; green lines: the goal is reached", fontsize=7)
    row_name(grid[-2, 0], "Y", "mean action", PALETTE["Y"], at=0.95)
    lines = _draw_action(grid[-2, 1], data)
    grid[-2, 0].legend(
        lines, ["first", "second"], loc="lower left", handlelength=1.2, borderaxespad=0, borderpad=0
    )
    row_name(grid[-1, 0], "distance", "to the goal", "black")
    _draw_distance(grid[-1, 1], data)
    share_time(list(grid[:, 1]), 0, data.duration_ms)
    for panel in grid[:, 1]:
        for step in data.reached:
            panel.axvline(DT_MS * step, color=GOAL, linewidth=0.5, alpha=0.7, zorder=0)


def _heights(data: FigS1Data) -> list[float]:
    """Return the heights of the rows in inches: rasters by size, then readouts and distance."""
    rasters = [float(np.clip(0.005 * p.nodes.size, 0.34, 0.9)) for p in data.inputs + data.neurons]
    return [*rasters, 0.65, 0.55]


def _inputs(run: Run) -> tuple[Population, ...]:
    """Part the inputs into place cells of both coordinates, reward and punishment."""
    n_in = len(run.array("inputs/sign", made_by="lsnn train", ndim=1))
    if n_in % 4:
        raise BadFileError(
            f"{run.path}: /inputs/sign: expected four groups of equally many inputs, found {n_in}"
        )
    times, ids = run.spikes("X")
    size = n_in // 4
    names = (
        ("X", "place, first", PALETTE["X"]), ("X", "place, second", PALETTE["X"]),
        ("X", "goal reached", GOAL), ("X", "wall hit", PALETTE["R_I"]),
    )  # fmt: skip
    return tuple(
        Population(name, remark, colour, times, ids, np.arange(k * size, (k + 1) * size))
        for k, (name, remark, colour) in enumerate(names)
    )


def _draw_action(ax: Axes, data: FigS1Data) -> list[Line2D]:
    """Draw both coordinates of the mean action, and return their lines."""
    time_ms = DT_MS * np.arange(len(data.action))
    lines = []
    for values, colour in zip(data.action.T, (PALETTE["Y"], PALETTE["X"]), strict=True):
        lines += ax.plot(time_ms, values, color=colour, linewidth=0.8)
    ax.set_ylim(-1.05, 1.05)
    ax.set_yticks([-1, 0, 1])
    return lines


def _draw_distance(ax: Axes, data: FigS1Data) -> None:
    distance = data.distance.astype(np.float64)
    distance[data.reached[data.reached + 1 < distance.size] + 1] = np.nan  # put elsewhere: no line
    ax.plot(DT_MS * np.arange(distance.size), distance, color="black", linewidth=0.8)
    ax.axhline(0, color=GOAL, linewidth=0.8, zorder=1)
    ax.set_ylim(min(-0.05, float(np.nanmin(distance))), None)
    ax.locator_params(axis="y", nbins=3)


figure = RunFigure(
    title="Fig. S1",
    load=lambda paths: load(one_path("figS1", paths)),
    sheet=sheet,
)
