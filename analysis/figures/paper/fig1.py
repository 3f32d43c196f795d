"""Sequential MNIST: digit, accuracies beside the paper's, connectivity, activity.

Figure 1 of the paper. A the digit and its pixel sequence; B test accuracy of five models at 1 and 2
ms a pixel, the paper's networks with our training beside the published numbers, runs of the
published recipe as crosses, and apart from them what is beyond the paper; C the connections that
DEEP R settled on; D the network at work. A, C and D show one of the runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D

from lsnn_core.errors import BadFileError, UsageError

from ...blocks import Panel, PanelRow
from ...colours import PALETTE
from ...legends import put_legend
from ...panels.bars import MARK, SEED, bar_handles, result_bars
from ...panels.digit import digit, grey_values, reading_order
from ...panels.network import network
from ...panels.note import note
from ...reading.connectivity import Connectivity, connectivity
from ...reading.kinds import KINDS
from ...reading.published import Row, row_of, rows
from ...reading.results import Group, Result, grouped, refuse_duplicates, result
from ...reading.run import Run, open_run
from ...runfigure import RunFigure
from ...sheet import Sheet
from ...style import PAGE_IN, width_of
from . import fig1d

MODELS = ("lif", "lsnn", "deepr", "rnn", "lstm")
DURATIONS: Mapping[int, tuple[str, ...]] = {
    1: tuple(f"smnist-{model}" for model in MODELS),
    2: tuple(f"smnist-{model}-2ms" for model in MODELS),
}
BARS = DURATIONS[1] + DURATIONS[2]
RECIPES = tuple(r for row in rows() for r in row.recipes if r.startswith("smnist-"))
COLOURS = tuple(PALETTE[key] for key in ("R_E", "A", "Y", "R_I", "X"))  # one for each model
PAPER_EXAMPLES = 36_000 * 256  # that each of the published runs was trained on
# Whose example and connections are shown, the first of them that is there.
SHOWN = ("smnist-deepr", "smnist-deepr-2ms", "smnist-lsnn", "smnist-lsnn-2ms", "smnist-lif",
         "smnist-lif-2ms")  # fmt: skip
TOP_IN, DIGIT_IN, LEFT_IN, NETWORK_IN = 1.95, 1.75, 2.65, 4.6
BROAD_IN = 4.0  # all accuracies stand side by side
BEYOND = 0.45  # width of the panel of what is beyond the paper, beside the two others


@dataclass(frozen=True)
class Fig1Data:
    """What the figure shows.

    Attributes
    ----------
    rows
        Published numbers by milliseconds a pixel.
    bars, marks
        Our runs of the paper's networks by the published recipe: with our training, the longest
        one of each, and as published.
    beyond
        Our runs beyond the paper, by model.
    example
        One digit through one network; None if no run has a recording.
    connections
        Of a network that DEEP R rewired; None without such a run.
    about
        Traces the picture to its runs.
    """

    rows: Mapping[int, tuple[Row, ...]]
    bars: Mapping[str, Group]
    marks: Mapping[str, Group]
    beyond: Mapping[str, Group]
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
    results: list[tuple[Row, Result]] = []
    names: dict[str, list[tuple[str, int, str]]] = {kind: [] for kind in KINDS}
    about = []
    examples: dict[str, fig1d.Fig1dData] = {}
    connections: dict[str, Connectivity] = {}
    for path in paths:
        with open_run(path) as run:
            row = _row(run)
            one = result(run, row)
            names[one.kind].append((run.recipe, run.seed, run.path))
            results.append((row, one))
            about.append(run.about)
            if run.recipe in SHOWN and run.recipe not in examples and _has_example(run):
                examples[run.recipe] = fig1d.read(run)
            if "deepr" in run.recipe and run.recipe not in connections:
                connections[run.recipe] = connectivity(run)
    for same_kind in names.values():
        refuse_duplicates("fig1", same_kind)
    return Fig1Data(
        rows={ms: tuple(filter(None, map(row_of, recipes))) for ms, recipes in DURATIONS.items()},
        bars={r: _longest(g) for r, g in _grouped(results, "b").items() if r in BARS},
        marks={r: g for r, g in _grouped(results, "a").items() if r in BARS},
        beyond=grouped([(_beyond_name(row), one) for row, one in results if one.kind == "c"]),
        example=_first(examples),
        connections=_first(connections),
        about="; ".join(about),
    )


def sheet(data: Fig1Data) -> Sheet:
    """Digit (A) and accuracies (B) above, connections (C) and activity (D) below."""
    height = fig1d.height_in(data.example) if data.example is not None else NETWORK_IN
    above = (
        Panel(partial(_draw_digit, example=data.example), DIGIT_IN, TOP_IN),
        Panel(partial(_draw_accuracies, data=data), PAGE_IN - DIGIT_IN, _accuracies_height),
    )
    below = (
        Panel(partial(_draw_connections, connections=data.connections), LEFT_IN, NETWORK_IN),
        Panel(partial(_draw_activity, example=data.example), PAGE_IN - LEFT_IN, height),
    )
    return Sheet((PanelRow(above), PanelRow(below)), _caption(data))


def _grouped(results: Sequence[tuple[Row, Result]], kind: str) -> dict[str, Group]:
    return grouped([(row.recipe, one) for row, one in results if one.kind == kind])


def _longest(group: Group) -> Group:
    """Return the runs that were trained on the most examples: others are no seeds of the same."""
    most = max(one.examples for one in group.results)
    return Group(tuple(one for one in group.results if one.examples == most))


def _beyond_name(row: Row) -> str:
    slow = " (2 ms)" if "2 ms" in row.task else ""
    permuted = "permuted: " if "permuted" in row.task else ""
    return f"{permuted}{row.model}{slow}"


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
    if row is None or run.recipe not in RECIPES:
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


def _draw_activity(part: SubFigure, example: fig1d.Fig1dData | None) -> None:
    if example is None:
        _draw_missing(part.subplots(), "no recorded example", "lsnn evaluate RUN.h5")
    else:
        fig1d.draw_panels(part, example)


def _accuracies_height(width: float) -> float:
    return TOP_IN if width >= BROAD_IN else 3.6


def _draw_accuracies(part: SubFigure, data: Fig1Data) -> None:
    broad = width_of(part) >= BROAD_IN
    places, widths = ("abc", [1.0, 1.0, BEYOND]) if broad else ("aa;bc", [1.0, BEYOND])
    axes = list(part.subplot_mosaic(places, sharey=True, width_ratios=widths).values())
    for ax, (ms, published) in zip(axes, data.rows.items(), strict=False):
        bars, marks = ([by.get(row.recipe) for row in published] for by in (data.bars, data.marks))
        result_bars(ax, published, bars, colours=COLOURS, marks=marks)
        ax.set_xticks(range(len(published)), [r.model.replace("R L", "R\nL") for r in published])
        ax.set_title(f"{ms} ms a pixel", fontsize=7, pad=2)
    _draw_beyond(axes[-1], data.beyond)
    for ax in axes:
        ax.set_ylim(0, 102.5)
        ax.tick_params(axis="x", labelsize=6)
        ax.axhline(10, color=PALETTE["context"], linewidth=0.6, linestyle=":", zorder=1)
    for ax in axes[:1] if broad else axes[:2]:
        ax.set_ylabel("test accuracy (%)")
    axes[0].set_yticks(range(0, 101, 20))
    published_recipe = Line2D([], [], label="published recipe, ours", **MARK)
    put_legend(
        part, [*bar_handles(), published_recipe], loc="outside upper right", handlelength=1.0,
        columnspacing=0.8, fontsize=6,
    )  # fmt: skip


def _draw_beyond(ax: Axes, beyond: Mapping[str, Group]) -> None:
    """Draw what is beyond the paper, a number for each model that the caption names."""
    ax.set_title("beyond", fontsize=7, pad=2)
    for k, group in enumerate(beyond.values()):
        ax.bar(k, group.mean, 0.5, color=PALETTE["context"], zorder=2)
        shift = np.linspace(-0.12, 0.12, len(group.values)) if len(group.values) > 1 else [0.0]
        ax.plot(k + np.asarray(shift), group.values, **SEED)
    ax.set_xlim(-0.6, max(len(beyond), 1) - 0.4)
    ax.set_xticks(range(len(beyond)), [str(k + 1) for k in range(len(beyond))])
    ax.tick_params(axis="x", length=0)
    if not beyond:
        note(ax, "no run")


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
    text = (
        "B: the paper prints the best run (diamonds); means and spreads of its runs are from the"
        " supplement, dashed or open where not checked against a copy; dotted: chance. Whiskers end"
        " at 100 %. "
    )
    text += _lengths(data)
    if data.marks:
        text += " Crosses: the published recipe, unchanged, each seed."
    else:
        text += " No run of the published recipe, unchanged, is among them."
    numbered = "; ".join(f"{k + 1} {model}" for k, model in enumerate(data.beyond))
    if numbered:
        text += f" Beyond the paper: {numbered}."
    missing = [r for r in BARS if r not in data.bars and r not in data.marks]
    if missing:
        text += f" No run of {', '.join(missing)}: `lsnn train RECIPE`."
    return text


def _lengths(data: Fig1Data) -> str:
    """Say what the filled bars are, and on how much they were trained."""
    examples = [r.examples for group in data.bars.values() for r in group.results]
    if not examples:
        return "No run of the paper's networks with our training."
    least, most = min(examples), max(examples)
    length = f"{_amount(least)}" if least == most else f"{_amount(least)} to {_amount(most)}"
    return (
        "Filled: the paper's networks with our training, on"
        f" {length} of the {PAPER_EXAMPLES / 1e6:.1f} million digits that the paper's runs saw."
    )


def _amount(examples: int) -> str:
    share = 100 * examples / PAPER_EXAMPLES
    return f"{share:.0f} %" if share >= 9.5 else f"{share:.2g} %"


figure = RunFigure(
    title="Fig. 1",
    load=load,
    sheet=sheet,
)
