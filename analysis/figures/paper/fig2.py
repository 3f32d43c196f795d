"""Learning to learn: error over trials, internal models (runs of l2l-tn, l2l-sine).

Figure 2 of the paper: an LSNN learns to learn functions from examples. A, B how it is set up; C
learning in the outer loop, and what has come of it on new networks; D the network at work; E errors
over the trials of an episode; F the same for backpropagation in the target network itself; G target
networks; H what the LSNN takes one of them for, the more examples it has seen; I the same for sinus
functions, and for examples that no such function gives; J, beyond the paper, C and E for sinus
functions. C to H show a run of `l2l-tn`, I and J one of `l2l-sine`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure, SubFigure

from lsnn_core.errors import UsageError

from ...colours import PALETTE
from ...panels.note import note
from ...panels.schematic import learning_scheme, target_network
from ...reading.results import RECORDS
from ...reading.run import open_run
from ...runfigure import RunFigure
from ...style import PAGE_IN, columns, letter, rows
from .fig2_data import FAMILIES, NETWORKS, SINUS, Learner, family_of, read
from .fig2_errors import ABOUT_CODES, CODES, in_words
from .fig2_panels import (
    draw_backprop,
    draw_episode,
    draw_errors,
    draw_learning,
    draw_models,
    draw_samples,
)

TOP_IN, MISSING_IN = 1.62, 0.3
FOOT_LINE_IN, FOOT_MARGIN_IN = 0.113, 0.12


@dataclass(frozen=True)
class Fig2Data:
    """The run of target networks and that of sinus functions; None for one not given."""

    networks: Learner | None
    sinus: Learner | None
    about: str


def load(paths: Sequence[str]) -> Fig2Data:
    """Read what the figure shows from one or two run files.

    Raises
    ------
    BadFileError
        If a file is of another task or damaged, or holds a recording in parts only.
    UsageError
        If two files are of one family.
    """
    if not 1 <= len(paths) <= 2:
        raise UsageError(
            "figure fig2: expected one run file of l2l-tn, one of l2l-sine, or both,"
            f" found {len(paths)}"
        )
    learners: dict[str, Learner] = {}
    about = []
    for path in paths:
        with open_run(path) as run:
            kind = SINUS if family_of(run) == SINUS else NETWORKS
            if kind in learners:
                raise UsageError(
                    f"figure fig2: {run.path} is a second run of {FAMILIES[kind].name}; name one"
                )
            learners[kind] = read(run)
            about.append(run.about)
    return Fig2Data(learners.get(NETWORKS), learners.get(SINUS), "; ".join(about))


def draw(fig: Figure, data: Fig2Data) -> None:
    """Draw the figure; a row whose data is missing is a line that says what records it."""
    plan = _plan(data)
    caption = _caption(data)
    foot_in = FOOT_MARGIN_IN + FOOT_LINE_IN * (1 + caption.count("\n"))
    heights = [TOP_IN, *(row.height_in if row.is_there else MISSING_IN for row in plan), foot_in]
    fig.set_size_inches(PAGE_IN, sum(heights))
    top, *parts, foot = rows(fig, heights)
    _draw_top(top, data.networks)
    for part, row in zip(parts, plan, strict=True):
        if row.run is not None and row.is_there:
            row.draw(part, row.run)
        else:
            _missing(part, row)
    foot.text(0.01, 0.95, caption, fontsize=6.5, va="top", linespacing=1.25)


@dataclass(frozen=True)
class Row:
    """Panels side by side, of one run of which they need some recordings."""

    letters: str
    height_in: float
    recipe: str
    run: Learner | None
    needs: tuple[str, ...]
    draw: Callable[[SubFigure, Learner], None]

    @property
    def is_there(self) -> bool:
        """Whether all of the data is."""
        return self.run is not None and all(getattr(self.run, n) is not None for n in self.needs)


def _plan(data: Fig2Data) -> tuple[Row, ...]:
    networks, sinus = data.networks, data.sinus
    return (
        Row("D, E, F", 2.95, "l2l-tn", networks, ("episode", "errors"), _draw_work),
        Row("G, H", 1.3, "l2l-tn", networks, ("samples", "probes"), _draw_families),
        Row("I", 1.95, "l2l-sine", sinus, ("samples", "probes", "adversarial"), _draw_sinus),
        Row("J", 1.4, "l2l-sine", sinus, ("curve", "errors"), _draw_sinus_errors),
    )


def _draw_top(part: SubFigure, networks: Learner | None) -> None:
    a, b, c = columns(part, [2.6, 1.4, 2.75])
    for one, name in zip((a, b, c), "ABC", strict=True):
        letter(one, name)
    learning_scheme(a.subplots())
    target_network(b.subplots())
    if networks is not None and networks.curve is not None:
        draw_learning(c, networks)
    else:
        ax = c.subplots()
        ax.set_axis_off()
        note(ax, "no run of l2l-tn:\nlsnn train l2l-tn")


def _draw_work(part: SubFigure, run: Learner) -> None:
    left, right = columns(part, [3.75, 3.0])
    e, f = rows(right, [1.0, 0.9])
    for one, name in zip((left, e, f), "DEF", strict=True):
        letter(one, name)
    draw_episode(left, run)
    for one, panel in ((e, draw_errors), (f, draw_backprop)):
        ax = one.subplots()
        panel(ax, run)
        ax.set_ylim(*_limits(run))


def _draw_families(part: SubFigure, run: Learner) -> None:
    g, h = columns(part, [1.55, PAGE_IN - 1.55])
    letter(g, "G")
    letter(h, "H")
    draw_samples(g.subplots(), run)
    draw_models(h, run, (run.probes,))


def _draw_sinus(part: SubFigure, run: Learner) -> None:
    letter(part, "I")
    family, models = columns(part, [1.55, PAGE_IN - 1.55])
    draw_samples(family.subplots(), run)
    draw_models(models, run, (run.probes, run.adversarial))


def _draw_sinus_errors(part: SubFigure, run: Learner) -> None:
    letter(part, "J")
    learning, errors = columns(part, [3.75, 3.0])
    draw_learning(learning, run)
    ax = errors.subplots()
    draw_errors(ax, run)
    ax.set_ylim(*_limits(run))


def _limits(run: Learner) -> tuple[float, float]:
    """Return limits of the error that suit E and F, or J."""
    errors = run.errors
    assert errors is not None
    shown = [errors.lsnn, errors.linear_preceding]
    if errors.backprop is not None:
        shown.append(errors.backprop)
    means = np.stack([one.mean(axis=0) for one in shown])
    positive = means[means > 0]
    if not positive.size:
        return 0.1, 1.0
    low, late = 0.4 * float(np.quantile(positive, 0.02)), float(means[:, 8:].max(initial=0.0))
    room = late**2 / low  # late errors stay in the lower half: the inset is above them
    return low, max(2.0 * float(positive.max()), room)


def _missing(part: SubFigure, row: Row) -> None:
    """Say which command makes what the row shows: another run, or a recording of this one."""
    if row.run is None:
        text = f"no run of {row.recipe}; one is made with: lsnn train {row.recipe}"
    else:
        text = f"not recorded in the run of {row.recipe} yet; record it with: {RECORDS}"
    letter(part, row.letters)
    part.text(
        0.5, 0.5, text, ha="center", va="center", fontsize=7, style="italic", color=PALETTE["X"]
    )


def _caption(data: Fig2Data) -> str:
    """Say what the curves are, how long the runs trained on what, and what came of it."""
    runs = [one for one in (data.networks, data.sinus) if one is not None]
    lines = [
        "C, E, F, J: squared errors; E, F, J: mean on 10 new functions and its standard error."
        " Linear: least squares on all other pairs of an episode (C), on those before (E)."
        " H, I: grey the function, pink what the LSNN expects, dots the examples it has seen."
    ]
    if any(one.errors is not None and one.errors.floor is not None for one in runs):
        lines.append(
            "Floor: a Gaussian process with the family's own covariance; no predictor that is"
            " linear in the values seen errs less."
        )
    return textwrap.fill(" ".join([*lines, *map(_about, runs)]), 134)


def _about(run: Learner) -> str:
    """How a run trained, and how it does on new functions."""
    state = "" if run.status == "complete" else f" ({run.status})"
    text = (
        f"{run.family.name.capitalize()}: {run.iteration} iterations{state}, {run.examples}"
        f" examples an episode, {CODES[run.code]}{ABOUT_CODES.get(run.code, '')}."
    )
    return text if run.errors is None else f"{text} {in_words(run.errors, run.examples)}"


figure = RunFigure(
    title="Fig. 2",
    load=load,
    compose=draw,
)
