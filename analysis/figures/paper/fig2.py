"""Learning to learn: error over trials, internal models (runs of l2l-tn, l2l-sine).

Figure 2 of the paper: an LSNN learns to learn functions from examples. A, B how it is set up; C
learning in the outer loop, and what has come of it on new networks; D the network at work; E errors
over the trials of an episode; F the same for backpropagation in the target network itself; G target
networks; H what the LSNN takes one of them for, the more examples it has seen; I the same for sinus
functions, and for examples that no such function gives; J, beyond the paper, C and E for sinus
functions. C to H show a run of `l2l-tn`, I and J one of `l2l-sine`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from lsnn_core.errors import UsageError

from ...blocks import Panel, PanelRow, PanelStack
from ...panels.note import note
from ...panels.schematic import learning_scheme, target_network
from ...reading.results import RECORDS
from ...reading.run import open_run
from ...runfigure import RunFigure
from ...sheet import Sheet, missing_row
from ...style import PAGE_IN, columns, rows, width_of
from .fig2_data import FAMILIES, NETWORKS, SINUS, Learner, family_of, read
from .fig2_errors import ABOUT_CODES, CODES, in_words
from .fig2_panels import (
    draw_backprop,
    draw_episode,
    draw_errors,
    draw_learning,
    draw_models,
    draw_samples,
    models_height,
)

TOP_IN, SAMPLES_IN = 1.62, 1.55
BROAD_IN = 5.0  # what has several parts has them side by side


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


def sheet(data: Fig2Data) -> Sheet:
    """The panels; a row whose data is missing is a line that says what records it."""
    rows_of_runs = tuple(
        part.panels(part.run)
        if part.run is not None and part.is_there
        else missing_row(_missing(part), PAGE_IN, part.letters)
        for part in _parts(data)
    )
    return Sheet((_top(data.networks), *rows_of_runs), _caption(data))


@dataclass(frozen=True)
class Part:
    """Panels side by side, of one run of which they need some recordings."""

    letters: int
    recipe: str
    run: Learner | None
    needs: tuple[str, ...]
    panels: Callable[[Learner], PanelRow]

    @property
    def is_there(self) -> bool:
        """Whether all of the data is."""
        return self.run is not None and all(getattr(self.run, n) is not None for n in self.needs)


def _parts(data: Fig2Data) -> tuple[Part, ...]:
    networks, sinus = data.networks, data.sinus
    return (
        Part(3, "l2l-tn", networks, ("episode", "errors"), _work),
        Part(2, "l2l-tn", networks, ("samples", "probes"), _families),
        Part(1, "l2l-sine", sinus, ("samples", "probes", "adversarial"), _sinus),
        Part(1, "l2l-sine", sinus, ("curve", "errors"), _sinus_errors),
    )


def _top(networks: Learner | None) -> PanelRow:
    return PanelRow((
        Panel(lambda part: learning_scheme(part.subplots()), 2.6, TOP_IN, 2.5),
        Panel(lambda part: target_network(part.subplots()), 1.4, TOP_IN),
        Panel(partial(_draw_learning, networks=networks), 2.75, TOP_IN),
    ))  # fmt: skip


def _draw_learning(part: SubFigure, networks: Learner | None) -> None:
    if networks is not None and networks.curve is not None:
        draw_learning(part, networks)
        return
    ax = part.subplots()
    ax.set_axis_off()
    note(ax, "no run of l2l-tn:\nlsnn train l2l-tn")


def _work(run: Learner) -> PanelRow:
    def draw_with_limits(part: SubFigure, panel: Callable[[Axes, Learner], None]) -> None:
        ax = part.subplots()
        panel(ax, run)
        ax.set_ylim(*_limits(run))

    errors = tuple(
        Panel(partial(draw_with_limits, panel=panel), 3.0, height)
        for panel, height in ((draw_errors, 1.55), (draw_backprop, 1.4))
    )
    return PanelRow((Panel(partial(draw_episode, run=run), 3.75, 2.95), PanelStack(errors)))


def _families(run: Learner) -> PanelRow:
    def draw(part: SubFigure) -> None:
        draw_models(part, run, (run.probes,))

    return PanelRow((
        Panel(lambda part: draw_samples(part.subplots(), run), SAMPLES_IN, 1.3),
        Panel(draw, PAGE_IN - SAMPLES_IN, partial(models_height, functions=1)),
    ))  # fmt: skip


def _sinus(run: Learner) -> PanelRow:
    def height(width: float) -> float:
        if width >= BROAD_IN:
            return models_height(width - SAMPLES_IN, 2)
        return 1.3 + models_height(width, 2)

    def draw(part: SubFigure) -> None:
        wide = width_of(part)
        if wide >= BROAD_IN:
            family, models = columns(part, [SAMPLES_IN, wide - SAMPLES_IN])
        else:
            family, models = rows(part, [1.3, height(wide) - 1.3])
        draw_samples(family.subplots(), run)
        draw_models(models, run, (run.probes, run.adversarial))

    return PanelRow((Panel(draw, PAGE_IN, height),))


def _sinus_errors(run: Learner) -> PanelRow:
    def height(width: float) -> float:
        return 1.4 if width >= BROAD_IN else 2.9

    def draw(part: SubFigure) -> None:
        broad = width_of(part) >= BROAD_IN
        learning, errors = columns(part, [3.75, 3.0]) if broad else rows(part, [1.4, 1.5])
        draw_learning(learning, run)
        ax = errors.subplots()
        draw_errors(ax, run)
        ax.set_ylim(*_limits(run))

    return PanelRow((Panel(draw, PAGE_IN, height),))


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


def _missing(part: Part) -> str:
    """Say which command makes what is not there: another run, or a recording of this one."""
    if part.run is None:
        return f"no run of {part.recipe}; one is made with: lsnn train {part.recipe}"
    return f"not recorded in the run of {part.recipe} yet; record it with: {RECORDS}"


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
    return " ".join([*lines, *map(_about, runs)])


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
    sheet=sheet,
)
