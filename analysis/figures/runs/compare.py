"""Several runs on the same axes: means and ranges over the seeds of each recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lsnn_core.errors import BadFileError, UsageError

from ...blocks import PanelGrid
from ...panels.band import band, on_common_steps
from ...panels.note import note
from ...reading.results import refuse_duplicates
from ...reading.run import Run, open_run
from ...runfigure import RunFigure
from ...sheet import Sheet
from ...style import PAGE_IN, mark_iterations, run_colours

Array = npt.NDArray[Any]

RECORDS = "lsnn train"
TESTED = "lsnn evaluate RUN.h5"
# What is compared, the first of them that all runs have: dataset, title with its unit, scale.
SCORES = (
    ("accuracy", "accuracy (%)", 100.0),
    ("recall_error", "recall error (%)", 100.0),
    ("error", "error (%)", 100.0),
    ("mse", "mean squared error", 1.0),
    ("goals", "goals per episode", 1.0),
    ("loss", "loss", 1.0),
)
WINDOWS = 40  # points of the training curve: batch noise is averaged between them (our choice)
MOST_RECIPES = 12
SPREAD = "mean over seeds, band from the lowest to the highest"


@dataclass(frozen=True)
class Recipe:
    """Runs of one recipe.

    Attributes
    ----------
    name
        Of the recipe.
    training, validation
        (steps (M,), values (M, runs)); validation is None if a run has none.
    test
        One value per run; None if a run was not tested.
    """

    name: str
    training: tuple[Array, Array]
    validation: tuple[Array, Array] | None
    test: Array | None


@dataclass(frozen=True)
class CompareData:
    """The recipes, in the order of the files, and what is compared."""

    recipes: tuple[Recipe, ...]
    score: str
    title: str
    about: str


def load(paths: Sequence[str]) -> CompareData:
    """Read the scores of several runs.

    Raises
    ------
    UsageError
        If two files have the same recipe and seed, or they have no score in common.
    """
    if not paths:
        raise UsageError("figure compare: expected one or more run files, found none")
    runs: dict[str, list[Mapping[str, tuple[Array, Array]]]] = {}
    names, about = [], []
    for path in paths:
        with open_run(path) as run:
            names.append((run.recipe, run.seed, run.path))
            runs.setdefault(run.recipe, []).append(_read(run))
            about.append(run.about)
    refuse_duplicates("compare", names)
    if len(runs) > MOST_RECIPES:
        raise UsageError(
            f"figure compare: expected at most {MOST_RECIPES} recipes, found {len(runs)}"
        )
    score, title, scale = _common_score([one for group in runs.values() for one in group])
    recipes = tuple(_recipe(name, group, score, scale) for name, group in runs.items())
    return CompareData(recipes, score, title, "; ".join(about))


def sheet(data: CompareData) -> Sheet:
    """Training (A), validation (B) and test (C) beside one another, recipes named above."""
    handles = [
        Line2D([], [], color=colour, label=_label(k + 1, recipe))
        for k, (recipe, colour) in enumerate(zip(data.recipes, _colours(data), strict=True))
    ]
    panels = (_draw_training, _draw_validation, _draw_tests)
    return Sheet((
        PanelGrid(
            tuple(partial(panel, data=data) for panel in panels), (PAGE_IN / 3, 1.95),
            legend=tuple(handles), legend_title=SPREAD,
        ),
    ))  # fmt: skip


def _colours(data: CompareData) -> list[str]:
    return run_colours(len(data.recipes))


def _draw_training(ax: Axes, data: CompareData) -> None:
    for recipe, colour in zip(data.recipes, _colours(data), strict=True):
        _draw_curves(ax, recipe.training, colour)
    _finish(ax, data, "training")


def _draw_validation(ax: Axes, data: CompareData) -> None:
    for recipe, colour in zip(data.recipes, _colours(data), strict=True):
        if recipe.validation is not None:
            _draw_curves(ax, recipe.validation, colour, marker="o")
    if not ax.lines:
        _say(ax, f"no validation yet:\n{RECORDS}")
    _finish(ax, data, "validation")


def _finish(ax: Axes, data: CompareData, name: str) -> None:
    ax.set_xlim(left=0)
    mark_iterations(ax)
    _score_axis(ax, data, name)


def _score_axis(ax: Axes, data: CompareData, name: str) -> None:
    ax.set_ylabel(f"{name} {data.title}")
    if data.score == "accuracy":
        ax.set_ylim(0, 104)


def _read(run: Run) -> dict[str, tuple[Array, Array]]:
    """Return every score of a run by "split/score"."""
    scores = {}
    for split in ("train", "validation", "test"):
        for score, _, _ in SCORES:
            if f"metrics/{split}/{score}" in run:
                series = run.series(f"metrics/{split}/{score}", made_by=RECORDS)
                scores[f"{split}/{score}"] = (series.step, series.value)
    if not any(name.startswith("train/") for name in scores):
        raise BadFileError(f"{run.path}: no /metrics/train/loss in it; record it with: {RECORDS}")
    return scores


def _common_score(runs: Sequence[Mapping[str, Any]]) -> tuple[str, str, float]:
    for score, title, scale in SCORES:
        if all(f"train/{score}" in run for run in runs):
            return score, title, scale
    raise UsageError("figure compare: the runs have no score in common; compare runs of one task")


def _recipe(
    name: str, runs: Sequence[Mapping[str, tuple[Array, Array]]], score: str, scale: float
) -> Recipe:
    step, value = on_common_steps([_averaged(*run[f"train/{score}"]) for run in runs])
    checked = [run.get(f"validation/{score}") for run in runs]
    tested = [run.get(f"test/{score}") for run in runs]
    held_out = None
    if all(one is not None for one in checked):
        steps, values = on_common_steps([one for one in checked if one is not None])
        held_out = (steps, scale * values)
    last = [float(one[1][-1]) for one in tested if one is not None]
    test = scale * np.array(last) if len(last) == len(tested) else None
    return Recipe(name, (step, scale * value), held_out, test)


def _averaged(step: Array, value: Array) -> tuple[Array, Array]:
    """Return a curve of at most `WINDOWS` points, means over as many stretches."""
    n = min(WINDOWS, max(1, step.size // 5))
    parts = np.array_split(np.arange(step.size), n)
    return (
        np.array([step[part].mean() for part in parts]),
        np.array([value[part].mean() for part in parts]),
    )


def _draw_curves(ax: Axes, curves: tuple[Array, Array], colour: str, marker: str = "") -> None:
    band(ax, *curves, color=colour, marker=marker if curves[0].size <= WINDOWS else "")


def _draw_tests(ax: Axes, data: CompareData) -> None:
    """Draw each run's test as a dot, and the mean of each recipe as a line."""
    recipes, colours = data.recipes, _colours(data)
    shown = [(k, r.test) for k, r in enumerate(recipes) if r.test is not None]
    for k, test in shown:
        shift = np.linspace(-0.15, 0.15, test.size) if test.size > 1 else np.zeros(1)
        ax.plot(k + shift, test, "o", color=colours[k], markersize=3.2, alpha=0.8)
        ax.plot([k - 0.3, k + 0.3], [test.mean()] * 2, color=colours[k], linewidth=1.2)
    ax.set_xlim(-0.6, len(recipes) - 0.4)
    ax.set_xticks(range(len(recipes)), [str(k + 1) for k in range(len(recipes))])
    ax.set_xlabel("recipe")
    if not shown:
        _say(ax, f"not tested yet:\n{TESTED}")
    _score_axis(ax, data, "test")


def _say(ax: Axes, text: str) -> None:
    note(ax, text)
    ax.set_yticks([])


def _label(number: int, recipe: Recipe) -> str:
    n = recipe.training[1].shape[1]
    name = recipe.name.replace("$", r"\$").lstrip("_")
    return f"{number} {name[:28]} ({n} seed{'s' if n > 1 else ''})"


figure = RunFigure(
    title="Comparison",
    load=load,
    sheet=sheet,
)
