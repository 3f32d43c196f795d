"""What DEEP R does: connections dropped and born, survival, weights by age, degrees.

The file holds how many connections each iteration dropped, how dense each matrix was after it, and
the age of every connection at the end. Births follow from these, and so does survival: of those
born a iterations before the end, the ones whose age is a are still there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lsnn_core.errors import BadFileError

from ...blocks import PanelGrid
from ...colours import PALETTE
from ...panels.curve import curve
from ...panels.distribution import cumulative
from ...panels.survival import survival, weight_by_age
from ...reading.connectivity import FORMULA, MATRICES, ages, degrees
from ...reading.run import Run, open_run
from ...runfigure import RunFigure, one_path
from ...sheet import Sheet
from ...style import PAGE_IN, mark_iterations

Array = npt.NDArray[Any]

RECORDS = "lsnn train"
LOOKS: Mapping[str, dict[str, Any]] = {
    "W_in": {"color": PALETTE["X"], "linestyle": "-"},
    "W_rec": {"color": PALETTE["R_E"], "linestyle": "--"},
    "W_out": {"color": PALETTE["Y"], "linestyle": (0, (3, 1, 1, 1))},
}
AGE_CLASSES = 16  # bins of ages, equally many iterations each in the logarithm (our choice)


@dataclass(frozen=True)
class MatrixHistory:
    """One matrix over all iterations T.

    Attributes
    ----------
    sites
        Connections it could hold.
    count, dropped, born
        (T,): connections after each iteration, and those it took away and put in.
    age, weight
        Of each connection at the end: iterations since its birth, and absolute value.
    incoming, outgoing
        Number of connections of each target and each source at the end.
    """

    sites: int
    count: Array
    dropped: Array
    born: Array
    age: Array
    weight: Array
    incoming: Array
    outgoing: Array


@dataclass(frozen=True)
class RewiringData:
    """Histories by matrix; `step` (T,) are the iterations recorded."""

    step: Array
    matrices: Mapping[str, MatrixHistory]
    about: str


def load(path: str) -> RewiringData:
    """Read the rewiring of one run.

    Raises
    ------
    BadFileError
        If the run was not rewired, or lacks a panel's data (named, with the command that records
        it).
    """
    with open_run(path) as run:
        if run.setting("rewiring", "policy") in (None, "none"):
            raise BadFileError(
                f"{run.path}: was not rewired; draw one that was, such as `lsnn train smnist-deepr`"
            )
        age = ages(run)
        step = run.series("rewiring/dropped_W_in", made_by=RECORDS).step
        matrices = {name: _history(run, name, step, age[name]) for name in MATRICES}
        return RewiringData(step, matrices, run.about)


def sheet(data: RewiringData) -> Sheet:
    """Six panels: changes over iterations (A, B, C), the connections at the end (D, E, F)."""
    panels: list[Callable[..., None]]
    panels = [_draw_turnover, _draw_gain, _draw_survival, _draw_weights]
    panels += [partial(_draw_degrees, direction=d) for d in ("incoming", "outgoing")]
    handles = [Line2D([], [], label=FORMULA[name], **LOOKS[name]) for name in data.matrices]
    thin = Line2D([], [], color=PALETTE["X"], linewidth=0.5, label="connected at random")
    return Sheet((
        PanelGrid(
            tuple(partial(draw, data=data) for draw in panels),
            (PAGE_IN / 3, 1.85), legend=(*handles, thin),
        ),
    ))  # fmt: skip


def _history(run: Run, name: str, step: Array, age: Array) -> MatrixHistory:
    matrix = run.weights(name)
    rows, columns = matrix.shape
    sites = rows * columns - (rows if name == "W_rec" else 0)
    dropped = _at(run, f"rewiring/dropped_{name}", step)
    count = np.round(_at(run, f"rewiring/connectivity_{name}", step) * sites)
    first = count[0] + dropped[0]  # as if nothing was born in the first iteration: it is not told
    born = np.diff(count, prepend=first) + dropped
    incoming, outgoing = degrees(matrix)
    weight = np.abs(matrix.data)
    return MatrixHistory(sites, count, dropped, born, age, weight, incoming, outgoing)


def _at(run: Run, name: str, step: Array) -> Array:
    """Return the values of a series, which must have been recorded at the iterations `step`."""
    series = run.series(name, made_by=RECORDS)
    if not np.array_equal(series.step, step):
        raise BadFileError(
            f"{run.path}: /{name}: expected the iterations of /rewiring/dropped_W_in"
        )
    return series.value


def _draw_turnover(ax: Axes, data: RewiringData) -> None:
    for name, m in data.matrices.items():
        share = 100.0 * m.dropped / np.maximum(m.count, 1)
        line = curve(ax, data.step, share, raw=False, color=LOOKS[name]["color"])
        line.set_linestyle(LOOKS[name]["linestyle"])
    ax.set_ylim(bottom=0)
    mark_iterations(ax)
    ax.set_ylabel("dropped per\niteration (%)")


def _draw_gain(ax: Axes, data: RewiringData) -> None:
    """Draw what births and drops add up to: what one matrix gains the others lose."""
    for name, m in data.matrices.items():
        gain = m.count - m.count[0]
        ax.plot(data.step, gain, **LOOKS[name])
    ax.axhline(0, color=PALETTE["context"], linewidth=0.6, zorder=1)
    mark_iterations(ax)
    ax.set_ylabel("connections gained")


def _draw_survival(ax: Axes, data: RewiringData) -> None:
    for name, m in data.matrices.items():
        survival(ax, m.age, m.born, n_bins=AGE_CLASSES, label=FORMULA[name], **LOOKS[name])
    ax.set_xlabel("iterations since birth")
    ax.set_ylabel("still connected (%)")


def _draw_weights(ax: Axes, data: RewiringData) -> None:
    for name, m in data.matrices.items():
        weight_by_age(ax, m.age, m.weight, n_bins=AGE_CLASSES // 2, **LOOKS[name])
    ax.set_xlabel("age (iterations)")
    ax.set_yscale("log")  # weights of young connections are small beside those of old ones
    ax.set_ylabel(r"median $|W|$, quartiles")


def _draw_degrees(ax: Axes, data: RewiringData, direction: str) -> None:
    """Draw degrees, and thin behind them those of connections set at random."""
    for name, m in data.matrices.items():
        number, others = (
            (m.incoming, m.outgoing.size)
            if direction == "incoming"
            else (m.outgoing, m.incoming.size)
        )
        sites = others - 1 if name == "W_rec" else others  # none to itself
        cumulative(ax, number, random=(sites, m.count[-1] / m.sites), **LOOKS[name])
    ax.set_ylim(0, 104)
    ax.set_xlim(left=0)
    ax.set_xlabel("connections in" if direction == "incoming" else "connections out")
    ax.set_ylabel("neurons with\nat most (%)")


figure = RunFigure(
    title="Rewiring",
    load=lambda paths: load(one_path("rewiring", paths)),
    sheet=sheet,
)
