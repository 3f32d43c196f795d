"""What carries memory: score, reach of the gradient and trace, over delays, LIF beside LSNN.

A sweep over {LIF, LSNN} x delays x {fixed, learned constants}, on sequential MNIST, the same with
its pixels permuted, and store-recall. Above: test score against the longest delay, a point for each
seed. Middle: how far back the gradient reaches, of networks with fixed constants. Below: how well a
row of pixels can be told some time after it was shown. Which run is which cell is told from its
configuration; cells without a run are left out and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D

from ...blocks import Panel, PanelRow
from ...colours import PALETTE
from ...legends import put_legend
from ...panels.note import note
from ...runfigure import RunFigure
from ...sheet import Sheet
from ...style import PAGE_IN, width_of
from .mechanisms_data import CONSTANTS, DELAYS, NETWORKS, TASKS, Cell, MechanismsData, One, load

Array = npt.NDArray[Any]

COLOURS = {"LIF": PALETTE["R_E"], "LSNN": PALETTE["A"]}
STYLES: dict[str, Any] = {"fixed": "-", "learned": (0, (3, 1.2))}
NETWORK_STYLES: dict[str, Any] = {"LIF": (0, (3, 1.2)), "LSNN": "-"}
CHANCE = {"smnist": 10.0, "permuted": 10.0, "store-recall": 50.0}
ROW_IN = 1.75
BROAD_IN = 5.0  # three axes stand side by side
FLOOR = 1e-6  # of the gradient at lag 0: below it nothing is learned (our choice)


def sheet(data: MechanismsData) -> Sheet:
    """Scores (A), gradients (B) and traces (C) below one another, and what is missing."""
    panels = (
        (_draw_scores, len(_score_handles())), (_draw_reach, len(_delay_handles(data))),
        (_draw_traces, 0),
    )  # fmt: skip
    return Sheet(
        tuple(
            PanelRow((Panel(partial(draw, data=data), PAGE_IN, partial(_height, named=n)),))
            for draw, n in panels
        ),
        _note(data),
    )


def _height(width: float, named: int) -> float:
    """How high a panel of three axes is, with a legend of some entries above."""
    per_row = max(1, int(width / 0.95))
    return ROW_IN * (1 if width >= BROAD_IN else 3) + 0.15 * -(-named // per_row) + 0.1


def _three(part: SubFigure, *, sharey: bool = False) -> list[Axes]:
    """Return three axes side by side, one below another where the part is narrow."""
    broad = width_of(part) >= BROAD_IN
    shape = (1, 3) if broad else (3, 1)
    return list(part.subplots(*shape, sharey=sharey).flat)


def _draw_scores(part: SubFigure, data: MechanismsData) -> None:
    axes = _three(part)
    for ax, task in zip(axes, TASKS, strict=True):
        ax.set_title(TASKS[task][0], fontsize=7)
        for network in NETWORKS:
            for constants in CONSTANTS:
                cells = [c for c in data.runs if c[:3] == (task, network, constants)]
                _score_line(ax, data, sorted(cells, key=lambda cell: cell.delays))
        _delay_axis(ax, data)
        ax.axhline(CHANCE[task], color=PALETTE["context"], linewidth=0.6, linestyle=":", zorder=1)
        if task in data.tasks:
            ax.set_ylim(top=min(ax.get_ylim()[1], 100.5))
        else:
            note(ax, "no run")
            ax.set_yticks([])
    _ylabel(axes, "test score (% right)")
    put_legend(part, _score_handles(), loc="outside upper right")


def _ylabel(axes: Sequence[Axes], text: str) -> None:
    """Label axes at the left, or all that stand one below another."""
    beside = axes[0].get_position().y0 == axes[-1].get_position().y0
    for ax in axes[:1] if beside else axes:
        ax.set_ylabel(text)


def _score_handles() -> list[Line2D]:
    return [
        Line2D([], [], color=COLOURS[n], linestyle=STYLES[c], label=f"{n}, {c} constants")
        for n in NETWORKS
        for c in CONSTANTS
    ]


def _score_line(ax: Axes, data: MechanismsData, cells: Sequence[Cell]) -> None:
    if not cells:
        return
    look: dict[str, Any] = {"color": COLOURS[cells[0].network]}
    means = [np.mean([one.right for one in data.runs[cell]]) for cell in cells]
    ax.plot([c.delays for c in cells], means, linestyle=STYLES[cells[0].constants], **look)
    if cells[0].constants == "learned":
        look["markerfacecolor"] = "white"
    for cell in cells:
        values = [one.right for one in data.runs[cell]]
        ax.plot([cell.delays] * len(values), values, "o", markersize=2.8, **look)


def _delay_axis(ax: Axes, data: MechanismsData) -> None:
    delays = sorted({*DELAYS, *(cell.delays for cell in data.runs)})
    ax.set_xscale("log")
    ax.set_xlim(0.8 * delays[0], 1.25 * delays[-1])
    ax.set_xticks(DELAYS, [str(delay) for delay in DELAYS])
    ax.set_xticks([], minor=True)
    ax.set_xlabel("longest delay (ms)")


def _draw_reach(part: SubFigure, data: MechanismsData) -> None:
    axes = _three(part, sharey=True)
    for ax, task in zip(axes, TASKS, strict=True):
        for cell, runs in _fixed(data, task):
            population = "A" if cell.network == "LSNN" else "R"
            lag, norm = _mean_reach([one for one in runs if population in one.reach], population)
            ax.plot(lag, norm, color=_shade(cell.delays), linestyle=NETWORK_STYLES[cell.network])
        if not ax.lines:
            note(ax, "not recorded")
            ax.set_xticks([])
        ax.set_yscale("log")
        ax.set_ylim(FLOOR, 10)
        ax.set_xlim(left=0)
        ax.set_xlabel("time before the readout (ms)")
    _ylabel(axes, "gradient, by that\nat the readout")
    put_legend(part, _delay_handles(data), loc="outside upper right")


def _draw_traces(part: SubFigure, data: MechanismsData) -> None:
    axes = _three(part, sharey=True)
    looks = (
        ("R", "rows told from the spikes of R"), ("A", "from the spikes of A"),
        ("B", "from the thresholds of A"),
    )  # fmt: skip
    for ax, (source, title) in zip(axes, looks, strict=True):
        for cell, runs in _fixed(data, "smnist"):
            known = [one for one in runs if source in one.held]
            if known:
                mean = np.mean([one.held[source] for one in known], axis=0)
                ax.plot(
                    known[0].held_ms, np.maximum(mean, 0.0), color=_shade(cell.delays),
                    linestyle=NETWORK_STYLES[cell.network],
                )  # fmt: skip
        if not ax.lines:
            note(ax, "not recorded")
            ax.set_xticks([])
        ax.set_title(title, fontsize=7)
        ax.set_xlim(left=0)
        ax.set_ylim(bottom=0)
        ax.set_xlabel("time since the row (ms)")
    _ylabel(axes, r"$R^2$ of a row, mean")


def _fixed(data: MechanismsData, task: str) -> Iterable[tuple[Cell, tuple[One, ...]]]:
    """Yield the cells of a task with fixed constants, the shortest delays first."""
    cells = [c for c in data.runs if c.task == task and c.constants == "fixed"]
    for cell in sorted(cells, key=lambda c: c.delays):
        yield cell, data.runs[cell]


def _mean_reach(runs: Sequence[One], population: str) -> tuple[Array, Array]:
    """Return the geometric mean over seeds, as far back as all of them reach."""
    if not runs:
        return np.empty(0), np.empty(0)
    n = min(one.lag_ms.size for one in runs)
    norms = np.array([one.reach[population][:n] for one in runs])
    return runs[0].lag_ms[:n], np.exp(np.log(np.maximum(norms, 1e-30)).mean(axis=0))


def _shade(delays: int) -> str:
    """Return a colour, darker for shorter delays."""
    low, high = np.log(DELAYS[0]), np.log(DELAYS[-1])
    share = float(np.clip((np.log(delays) - low) / (high - low), 0.0, 1.0))
    return to_hex(matplotlib.colormaps["cividis"](0.9 * share))


def _delay_handles(data: MechanismsData) -> list[Line2D]:
    delays = sorted({cell.delays for cell in data.runs})
    handles = [Line2D([], [], color=_shade(d), label=f"{d} ms") for d in delays]
    names = {"LIF": "LIF (R)", "LSNN": "LSNN (A)"}
    return handles + [
        Line2D([], [], color=PALETTE["X"], linestyle=NETWORK_STYLES[n], label=names[n])
        for n in NETWORKS
    ]


def _note(data: MechanismsData) -> str:
    """Say what the lines are, and name the cells without a run."""
    seeds = {len(runs) for runs in data.runs.values()}
    count = f"{min(seeds)}" if len(seeds) == 1 else f"{min(seeds)} to {max(seeds)}"
    text = (
        f"A: mean over seeds ({count} a cell), a point each; dotted: chance. B: root mean square of"
        " dL/dV of A (LSNN) and R (LIF) before the last stretch that the loss reads, fixed"
        " constants. C: sequential MNIST, fixed constants."
    )
    missing = data.missing()
    if missing:
        total = len(TASKS) * len(NETWORKS) * len(CONSTANTS) * len(DELAYS)
        text += f" No run of {len(missing)} of {total} cells: {_named(missing)}."
    return text


def _named(cells: Sequence[Cell]) -> str:
    """Name cells, those that differ in the delay together."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for cell in cells:
        groups.setdefault(cell[:3], []).append(cell.delays)
    return "; ".join(
        f"{TASKS[task][0]}, {network}, {constants}: "
        + ("all" if len(delays) == len(DELAYS) else ", ".join(map(str, delays)))
        for (task, network, constants), delays in groups.items()
    )


figure = RunFigure(
    title="Mechanisms",
    load=load,
    sheet=sheet,
)
