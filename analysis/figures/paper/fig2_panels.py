"""The panels of Fig. 2, each on axes or a part of a figure of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from ...colours import PALETTE
from ...panels.curve import curve
from ...panels.functions import internal_model, sample_curves
from ...panels.note import note
from ...panels.rows import population_raster, row_name, share_time
from ...panels.trials import function_dots, one_function, trial_errors
from ...reading.results import RECORDS
from ...style import broken_title, width_of
from .fig2_data import Episode, Learner, Probes, learned_at

LSNN, LINEAR, BACKPROP = PALETTE["R_E"], "#E69F00", PALETTE["X"]
LINEAR_LINE: dict[str, Any] = {"color": LINEAR, "linestyle": (0, (4, 1.5))}
FLOOR_LINE: dict[str, Any] = {"color": PALETTE["X"], "linestyle": (0, (1, 1.5))}
N_NETWORKS = 10  # whose errors over trials are shown (paper, Fig. 2E)
MODELS = (1, 2, 3, 5, 10, 20)  # examples after which internal models are shown
NAME_IN = 0.62
ALL_MODELS_IN = 4.5  # models after 1, 2, 3 ... examples stand side by side


def draw_learning(part: SubFigure, run: Learner) -> None:
    """Draw what training and new functions say of an LSNN's error (C, J)."""
    curve, dots = part.subplots(1, 2, sharey=True, width_ratios=[1.5, 1.0])
    draw_curve(curve, run)
    draw_dots(dots, run)


def draw_curve(ax: Axes, run: Learner) -> None:
    """Draw the error in training over the iterations of the outer loop (C, left)."""
    assert run.curve is not None
    curve(ax, *run.curve, color=LSNN)
    ax.set_yscale("log")
    ax.set_xlim(0, run.curve.step[-1])
    ax.set_title("training", fontsize=7)
    ax.set_xlabel("iteration")
    ax.set_ylabel("squared error")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_locator(_few_ticks())
    if run.errors is not None:
        level = float(run.errors.linear.mean())
        ax.axhline(level, linewidth=1.0, zorder=2, **LINEAR_LINE)
        above = bool(run.curve.value[-1] > level)  # the curve: the label goes where it is not
        ax.text(
            0.97, level, "optimal linear", color=LINEAR, fontsize=6.5, ha="right",
            va="top" if above else "bottom", transform=ax.get_yaxis_transform(),
        )  # fmt: skip


def draw_dots(ax: Axes, run: Learner) -> None:
    """Draw the errors on new functions after training, a dot for each (C right, J)."""
    if run.errors is None:
        ax.set_axis_off()
        note(ax, RECORDS.replace(" ", "\n"))
        return
    groups = {"LSNN": run.errors.lsnn.mean(axis=1), "linear": run.errors.linear}
    function_dots(ax, groups, colours=(LSNN, LINEAR))
    broken_title(ax, f"{len(run.errors.lsnn)} new functions", 7)
    ax.tick_params(labelleft=False)


def draw_episode(part: SubFigure, run: Learner) -> None:
    """Draw input, spikes and output over the first examples of one function (D)."""
    episode = run.episode
    assert episode is not None
    populations = (*episode.signals, *episode.neurons)
    heights = [0.34] * len(episode.signals) + [0.5] * len(episode.neurons) + [0.66]
    grid = part.subplots(
        len(heights), 2, width_ratios=[NAME_IN, width_of(part) - NAME_IN], height_ratios=heights,
        squeeze=False,
    )  # fmt: skip
    for (name, panel), population, height in zip(grid, populations, heights, strict=False):
        population_raster(panel, population, height)
        row_name(name, population.name, population.remark, population.colour)
    row_name(grid[-1, 0], r"$\hat{C}(x)$", "and target", PALETTE["Y"])
    _draw_output(grid[-1, 1], episode)
    title = f"the first {episode.target.size} examples of a function never seen before"
    broken_title(grid[0, 1], title, 7)
    share_time(list(grid[:, 1]), 0, episode.duration_ms)
    for panel in grid[:, 1]:
        for k in range(1, episode.target.size):
            panel.axvline(k * episode.hold_ms, color="#E3E3E3", linewidth=0.4, zorder=0)


def _draw_output(ax: Axes, episode: Episode) -> None:
    edges = episode.hold_ms * np.arange(episode.target.size + 1)
    for values, colour, width in (
        (episode.target, PALETTE["X"], 2.0),
        (episode.guess, PALETTE["Y"], 1.2),
    ):
        ax.hlines(values, edges[:-1], edges[1:], color=colour, linewidth=width, zorder=3)
    ax.vlines(
        (edges[:-1] + edges[1:]) / 2, episode.target, episode.guess, color=PALETTE["Y"],
        linewidth=0.5, zorder=2,
    )  # fmt: skip
    ax.margins(y=0.1)
    ax.locator_params(axis="y", nbins=3)


def draw_errors(ax: Axes, run: Learner) -> None:
    """Draw errors over trials beside the linear predictor's, one function as an inset (E)."""
    assert run.errors is not None
    trial_errors(ax, run.errors.lsnn[:N_NETWORKS], color=LSNN, label="LSNN")
    trial_errors(
        ax, run.errors.linear_preceding[:N_NETWORKS], band=False, linewidth=1.0,
        label="linear predictor", **LINEAR_LINE,
    )  # fmt: skip
    if run.errors.floor is not None:
        trial_errors(
            ax, run.errors.floor[None], band=False, linewidth=0.8, label="floor", **FLOOR_LINE
        )
    _trial_axes(ax)
    if run.episode is not None:
        inset = ax.inset_axes((0.62, 0.63, 0.36, 0.29))
        error = (run.episode.guess - run.episode.target) ** 2
        one_function(inset, error, learned_at=learned_at(run.episode, run.family), color=LSNN)
        inset.set_xticks([1, error.size])
        inset.locator_params(axis="y", nbins=2)
        inset.tick_params(labelsize=6, pad=1)
        inset.set_title("one function", fontsize=6, pad=2)


def draw_backprop(ax: Axes, run: Learner) -> None:
    """Draw the errors over trials of backpropagation in the target network itself (F)."""
    assert run.errors is not None
    if run.errors.backprop is None:
        ax.set_axis_off()
        note(ax, "only for target networks:\nlsnn train l2l-tn")
        return
    trial_errors(ax, run.errors.backprop[:N_NETWORKS], color=BACKPROP, label="BP on the network")
    trial_errors(
        ax, run.errors.lsnn[:N_NETWORKS], color=LSNN, band=False, linewidth=0.7, label="LSNN"
    )
    _trial_axes(ax)


def draw_samples(ax: Axes, run: Learner) -> None:
    """Draw some functions of the family (G; I, left)."""
    assert run.samples is not None
    sample_curves(ax, run.samples.x, run.samples.value)
    one_input = run.family.inputs == 1
    ax.set_xlabel("$x$" if one_input else "$x_1$")
    ax.set_ylabel(_value_name(one_input))
    ax.set_title(run.family.name, fontsize=7)
    _value_axes(ax, run)


def draw_models(part: SubFigure, run: Learner, probed: Sequence[Probes | None]) -> None:
    """Draw internal models after 1, 2, 3 ... examples, a row for each function (H, I)."""
    rows = [probes for probes in probed if probes is not None]
    one_input = run.family.inputs == 1
    shown = [k for k in MODELS if all(k in probes.after for probes in rows)]
    n_columns = len(shown) if width_of(part) >= ALL_MODELS_IN else -(-len(shown) // 2)
    n_lines = -(-len(shown) // max(n_columns, 1))  # for each function
    whole = part.subplots(n_lines * len(rows), n_columns, sharex=True, sharey=True, squeeze=False)
    for i, probes in enumerate(rows):
        adversarial = i > 0
        grid = whole[i * n_lines : (i + 1) * n_lines]
        for ax, k in zip(grid.flat, shown, strict=False):
            seen = (probes.shown_x[:k], probes.shown_value[:k])
            internal_model(
                ax, probes.x, probes.guess[list(probes.after).index(k)],
                None if adversarial else probes.value, shown=seen if one_input else None,
            )  # fmt: skip
            _value_axes(ax, run)
            if not adversarial or n_lines > 1:
                ax.set_title(f"{k} examples" if k > 1 else "after 1 example", fontsize=7)
        for ax in grid.flat[len(shown) :]:
            ax.set_axis_off()
        for ax in grid[:, 0]:
            ax.set_ylabel("not a sinus" if adversarial else _value_name(one_input))
    for ax in whole[-1]:
        ax.set_xlabel("$x$" if one_input else "$x_1$")


def models_height(width: float, functions: int) -> float:
    """Return how high the internal models of so many functions are on a part so wide."""
    lines = functions if width >= ALL_MODELS_IN else 2 * functions
    return 0.65 + 0.65 * lines if width >= ALL_MODELS_IN else 0.5 + 0.85 * lines


def _value_axes(ax: Axes, run: Learner) -> None:
    """Give panels of functions the same range, and few ticks, none near a corner."""
    low, high = run.family.low, run.family.high
    margin = 0.15 * (high - low)
    ax.set_ylim(low - margin, high + margin)
    ax.set_yticks([low, (low + high) / 2, high])
    reach = max(abs(end) for end in ax.get_xlim())
    at = next(step for step in (10, 5, 2, 1, 0.5) if step < 0.75 * reach)
    ax.set_xticks([-at, 0, at])


def _value_name(one_input: bool) -> str:
    return "$C(x)$" if one_input else "$C(x_1, 0)$"


def _trial_axes(ax: Axes) -> None:
    ax.set_xlim(0.9, None)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_xlabel("trial")
    ax.set_ylabel("squared error")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0)


def _few_ticks() -> Any:
    return MaxNLocator(nbins=3, steps=[1, 2, 5, 10], integer=True)
