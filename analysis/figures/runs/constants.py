"""The neurons' constants that a run learned: over iterations, and spread before and after.

Above, the median over the neurons that have a constant, and the range from 5 to 95 % of them.
Below, how many neurons have at most such a value: dashed before training, drawn through after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ...blocks import Panel, PanelRow
from ...colours import PALETTE
from ...panels.distribution import share_at_most
from ...reading.constants import LearnedConstant, learned_constants
from ...reading.run import open_run
from ...runfigure import RunFigure, one_path
from ...sheet import Sheet
from ...style import PAGE_IN, mark_iterations

COLOURS = {"R": PALETTE["R_E"], "A": PALETTE["A"]}
WORDS = {"R": "regular (R)", "A": "adaptive (A)"}
BEFORE = {"R": (0, (2.4, 2.4)), "A": (2.4, (2.4, 2.4))}  # each in the other's gaps
COLUMN_IN = PAGE_IN / 4


@dataclass(frozen=True)
class ConstantsData:
    """What was learned, by name."""

    constants: Mapping[str, LearnedConstant]
    about: str


def load(path: str) -> ConstantsData:
    """Read one run.

    Raises
    ------
    BadFileError
        If no constants were learned (named, with the command that does), or some are missing.
    """
    with open_run(path) as run:
        return ConstantsData(learned_constants(run), run.about)


def sheet(data: ConstantsData) -> Sheet:
    """A panel of two axes for each constant."""
    populations = [p for p in COLOURS if any(p in c.after for c in data.constants.values())]
    handles = [Line2D([], [], color=COLOURS[p], label=WORDS[p]) for p in populations]
    handles += [
        Line2D([], [], color=PALETTE["X"], linestyle=BEFORE["R"], label="before"),
        Line2D([], [], color=PALETTE["X"], label="after"),
    ]
    panels = [
        Panel(partial(_draw_constant, constant=constant), COLUMN_IN, 3.1)
        for constant in data.constants.values()
    ]
    return Sheet((PanelRow(tuple(panels), legend=tuple(handles)),))


def _draw_constant(part: SubFigure, constant: LearnedConstant) -> None:
    above, below = part.subplots(2, 1)
    _draw_course(above, constant)
    _draw_spread(below, constant)


def _draw_course(ax: Axes, constant: LearnedConstant) -> None:
    low, middle, high = constant.course.values()
    ax.plot(middle.step, middle.value, color=PALETTE["X"])
    for series in (low, high):
        ax.plot(series.step, series.value, color=PALETTE["X"], linewidth=0.6, linestyle=":")
    ax.set_ylabel(f"{constant.label}\n5, 50, 95 %")
    mark_iterations(ax)


def _draw_spread(ax: Axes, constant: LearnedConstant) -> None:
    everything = [*constant.before.values(), *constant.after.values()]
    low, high = min(float(v.min()) for v in everything), max(float(v.max()) for v in everything)
    margin = 0.04 * (high - low) or 0.04 * high or 1.0
    limits = low - margin, high + margin
    for population, before in constant.before.items():
        colour, after = COLOURS[population], constant.after[population]
        share_at_most(ax, before, limits=limits, color=colour, linestyle=BEFORE[population])
        share_at_most(ax, after, limits=limits, color=colour)
    ax.set_xlim(limits)
    ax.set_ylim(0, 104)
    ax.set_xlabel(constant.label)
    ax.set_ylabel("neurons with\nat most (%)")
    ax.xaxis.set_major_locator(MaxNLocator(nbins=3))


figure = RunFigure(
    title="Learned constants",
    load=lambda paths: load(one_path("constants", paths)),
    sheet=sheet,
)
