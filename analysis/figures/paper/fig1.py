"""Sequential MNIST: digit, accuracies beside the paper's, connectivity, activity.

Figure 1 of the paper. A the digit and its pixel sequence; B test accuracy of five models at 1 and 2
ms a pixel, ours beside the published one; C the connections that DEEP R settled on; D the network
at work. B groups the run files by recipe and seed; A, C and D show one of them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from lsnn_core.errors import BadFileError, UsageError

from ...colours import PALETTE
from ...panels.bars import bar_handles, result_bars
from ...panels.digit import digit, grey_values, reading_order
from ...panels.network import network
from ...panels.note import note
from ...reading.connectivity import Connectivity, connectivity
from ...reading.published import Row, row_of
from ...reading.results import Group, grouped, refuse_duplicates, result
from ...reading.run import Run, open_run
from ...runfigure import RunFigure
from ...style import PAGE_IN, letter
from . import fig1d

MODELS = ("lif", "lsnn", "deepr", "rnn", "lstm")
DURATIONS: Mapping[int, tuple[str, ...]] = {
    1: tuple(f"smnist-{model}" for model in MODELS),
    2: tuple(f"smnist-{model}-2ms" for model in MODELS),
}
RECIPES = DURATIONS[1] + DURATIONS[2]
COLOURS = tuple(PALETTE[key] for key in ("R_E", "A", "Y", "R_I", "X"))  # one for each model
PAPER_EXAMPLES = 36_000 * 256  # that each of the published runs was trained on
# Whose example and connections are shown, the first of them that is there.
SHOWN = ("smnist-deepr", "smnist-deepr-2ms", "smnist-lsnn", "smnist-lsnn-2ms", "smnist-lif",
         "smnist-lif-2ms")  # fmt: skip
TOP_IN, FOOT_IN, LEFT_IN = 1.95, 0.5, 2.65


@dataclass(frozen=True)
class Fig1Data:
    """What the figure shows.

    Attributes
    ----------
    rows
        Published numbers by milliseconds a pixel.
    groups
        Our runs by recipe.
    example
        One digit through one network; None if no run has a recording.
    connections
        Of a network that DEEP R rewired; None without such a run.
    about
        Traces the picture to its runs.
    """

    rows: Mapping[int, tuple[Row, ...]]
    groups: Mapping[str, Group]
    example: fig1d.Fig1dData | None
    connections: Connectivity | None
    about: str


def load(paths: Sequence[str]) -> Fig1Data:
    """Read what the figure shows from run files of sequential MNIST.

    Raises
    ------
    BadFileError
        If a file is of another task, was never tested, or is damaged.
    UsageError
        If a run is of another recipe, or two have the same recipe and seed.
    """
    if not paths:
        raise UsageError("figure fig1: expected one or more run files, found none")
    results, names, about = [], [], []
    examples: dict[str, fig1d.Fig1dData] = {}
    connections: dict[str, Connectivity] = {}
    for path in paths:
        with open_run(path) as run:
            row = _row(run)
            names.append((run.recipe, run.seed, run.path))
            results.append((run.recipe, result(run, row)))
            about.append(run.about)
            if run.recipe in SHOWN and run.recipe not in examples and _has_example(run):
                examples[run.recipe] = fig1d.read(run)
            if "deepr" in run.recipe and run.recipe not in connections:
                connections[run.recipe] = connectivity(run)
    refuse_duplicates("fig1", names)
    return Fig1Data(
        rows={ms: tuple(filter(None, map(row_of, recipes))) for ms, recipes in DURATIONS.items()},
        groups=grouped(results),
        example=_first(examples),
        connections=_first(connections),
        about="; ".join(about),
    )


def draw(fig: Figure, data: Fig1Data) -> None:
    """Draw the figure: digit and accuracies above, connections and activity below."""
    right = PAGE_IN - LEFT_IN
    below = fig1d.height_in(data.example) if data.example is not None else 4.6
    fig.set_size_inches(PAGE_IN, TOP_IN + below + FOOT_IN)
    (above,), (middle,), (foot,) = fig.subfigures(
        3, 1, squeeze=False, height_ratios=[TOP_IN, below, FOOT_IN]
    )
    ((a, b),) = above.subfigures(1, 2, squeeze=False, width_ratios=[1.75, PAGE_IN - 1.75])
    ((c, d),) = middle.subfigures(1, 2, squeeze=False, width_ratios=[LEFT_IN, right])
    for part, name in zip((a, b, c, d), "ABCD", strict=True):
        letter(part, name)
    _draw_digit(a, data.example)
    _draw_accuracies(b, data)
    _draw_connections(c, data.connections)
    if data.example is not None:
        fig1d.draw_panels(d, data.example, right)
    else:
        _draw_missing(d.subplots(), "no recorded example", "lsnn evaluate RUN.h5")
    foot.text(0.01, 0.95, _caption(data), fontsize=6.5, va="top", linespacing=1.25)


def _row(run: Run) -> Row:
    task = run.setting("task", "name")
    if task != "smnist":
        raise BadFileError(
            f"{run.path}: is a run of the task {task!r}; fig1 shows sequential MNIST, such as"
            " `lsnn train smnist-deepr` leaves"
        )
    if run.setting("task", "permuted") is True:
        raise UsageError(
            f"figure fig1: {run.path} is of permuted digits (task.permuted), and the paper's are"
            " shown row by row; draw it with fig1d, memory or learning"
        )
    row = row_of(run.recipe)
    if row is None or row.recipe not in RECIPES:
        raise UsageError(
            f"figure fig1: {run.path} is of the recipe {run.recipe!r}, which is none of the"
            f" figure's: {', '.join(RECIPES)}"
        )
    return row


def _has_example(run: Run) -> bool:
    return f"{fig1d.EXAMPLE}/image" in run and "spikes/X" in run


def _first(by_recipe: Mapping[str, Any]) -> Any:
    """Return the one that is preferred, None if there is none."""
    return next((by_recipe[recipe] for recipe in SHOWN if recipe in by_recipe), None)


def _draw_digit(part: SubFigure, example: fig1d.Fig1dData | None) -> None:
    if example is None:
        _draw_missing(part.subplots(), "no recorded digit", "lsnn evaluate RUN.h5")
        return
    image, sequence = part.subplots(2, 1, height_ratios=[1.0, 0.55])
    digit(image, example.image)
    reading_order(image, example.image)
    grey_values(sequence, example.image, ms_per_pixel=example.ms_per_pixel)
    sequence.set_xlabel("time (ms)")


def _draw_accuracies(part: SubFigure, data: Fig1Data) -> None:
    axes = part.subplots(1, len(data.rows), sharey=True)
    for ax, (ms, rows) in zip(axes, data.rows.items(), strict=True):
        groups = [data.groups.get(row.recipe) for row in rows]
        result_bars(ax, rows, groups, colours=COLOURS)
        ax.set_xticks(range(len(rows)), [row.model.replace("R L", "R\nL") for row in rows])
        ax.set_title(f"{ms} ms a pixel", fontsize=7, pad=2)
        ax.set_ylim(0, 109)
        ax.axhline(10, color=PALETTE["context"], linewidth=0.6, linestyle=":", zorder=1)
    axes[0].set_ylabel("test accuracy (%)")
    axes[0].set_yticks(range(0, 101, 20))
    part.legend(handles=bar_handles(), loc="outside upper right", ncols=4, handlelength=1.2,
                columnspacing=1.0, fontsize=6.5)  # fmt: skip


def _draw_connections(part: SubFigure, connections: Connectivity | None) -> None:
    ax = part.subplots()
    if connections is None:
        _draw_missing(ax, "no network rewired by DEEP R", "lsnn train smnist-deepr")
        return
    network(ax, connections)
    ax.set_title("connection probability (%)", fontsize=7)


def _draw_missing(ax: Axes, what: str, command: str) -> None:
    ax.set_axis_off()
    note(ax, f"{what}:\n{command}")


def _caption(data: Fig1Data) -> str:
    """Say what the bars are, how long ours trained, and which runs are missing."""
    shown = [g for g in data.groups.values()]
    least, most = (
        pick(r.examples for group in shown for r in group.results) for pick in (min, max)
    )
    length = f"{_amount(least)}" if least == most else f"{_amount(least)} to {_amount(most)}"
    text = (
        "B: the paper prints the best run (diamonds); means and spreads of its runs are from the"
        " supplement, dashed or open where not checked against a copy. Ours were trained on"
        f" {length} of the {PAPER_EXAMPLES / 1e6:.1f} million digits that the paper's runs saw;"
        " dotted: chance."
    )
    missing = [recipe for recipe in RECIPES if recipe not in data.groups]
    if missing:
        text += f" No run of {', '.join(missing)}: `lsnn train RECIPE`."
    return textwrap.fill(text, 132, break_on_hyphens=False)


def _amount(examples: int) -> str:
    share = 100 * examples / PAPER_EXAMPLES
    return f"{share:.0f} %" if share >= 9.5 else f"{share:.2g} %"


figure = RunFigure(
    title="Fig. 1",
    load=load,
    compose=draw,
)
