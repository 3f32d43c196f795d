"""Framewise phones: error of LSNN, LIF network and LSTM; the stand-in corpus apart.

Section 4 of the paper. The upper row is TIMIT, beside the published numbers; the lower one is the
synthetic corpus that stands in for it, whose errors cannot be compared with TIMIT's and so stand
apart. Runs are grouped by the corpus they were trained on, by model, and by seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from lsnn_core.errors import BadFileError, UsageError

from ...blocks import Panel, PanelRow
from ...colours import PALETTE
from ...legends import put_legend
from ...panels.bars import WIDTH, bar_handles, result_bars
from ...panels.note import note
from ...reading.published import Row, row_of
from ...reading.results import Group, grouped, refuse_duplicates, result
from ...reading.run import Run, Series, open_run
from ...runfigure import RunFigure
from ...sheet import Sheet, missing_row
from ...style import PAGE_IN

TIMIT, STAND_IN = "timit", "timit-standin"
CORPORA: Mapping[str, str] = {
    TIMIT: "TIMIT",
    STAND_IN: "timit-standin (synthetic speech; not comparable with TIMIT)",
}
MODELS: Mapping[str, str] = {  # kind of recipe: colour
    "lsnn": PALETTE["A"], "lif": PALETTE["R_E"], "lstm": PALETTE["X"], "lsnn-bi": PALETTE["Y"],
    "paper": "#7CC7AE", "paper-lif": "#56B4E9", "lsnn-delays": "#E69F00",
    "lif-delays": PALETTE["R_I"],
}  # fmt: skip
NAMES: Mapping[str, str] = {
    "lsnn": "LSNN",
    "lif": "LSNN,\nnone adaptive",
    "lstm": "LSTM",
    "lsnn-bi": "LSNN, both\ndirections",
    "paper": "LSNN, 100\nadaptive",
    "paper-lif": "the same,\nnone adaptive",
    "lsnn-delays": "LSNN,\nlonger delays",
    "lif-delays": "these delays,\nnone adaptive",
}
ABREAST = 4  # models whose names fit side by side; more stand upright
ROW_IN = 1.95
LEARNING = "metrics/validation/error"


@dataclass(frozen=True)
class TimitData:
    """What the figure shows, by corpus and kind of model, each called as its recipe is.

    Attributes
    ----------
    rows
        Published numbers; those of the stand-in corpus are empty.
    groups
        Our runs.
    curves
        Error on the validation set over iterations, a curve for each run, in per cent.
    about
        Traces the picture to its runs.
    """

    rows: Mapping[str, Row]
    groups: Mapping[str, Group]
    curves: Mapping[str, tuple[Series, ...]]
    about: str

    def kinds(self, corpus: str) -> list[str]:
        """Kinds of models shown of a corpus: the paper's, and others that have runs."""
        paper = ("lsnn", "lif", "lstm")
        return [k for k in MODELS if k in paper or f"{corpus}-{k}" in self.groups]


def load(paths: Sequence[str]) -> TimitData:
    """Read what the figure shows from run files of TIMIT, of its stand-in, or of both.

    Raises
    ------
    BadFileError
        If a file is of another task, was never tested, or is damaged.
    UsageError
        If a run is of another recipe, or two have the same recipe, corpus and seed.
    """
    if not paths:
        raise UsageError("figure timit: expected one or more run files, found none")
    published = {f"{corpus}-{kind}": _row(corpus, kind) for corpus in CORPORA for kind in MODELS}
    results, names, about = [], [], []
    curves: dict[str, tuple[Series, ...]] = {}
    for path in paths:
        with open_run(path) as run:
            key = _key(run)
            names.append((key, run.seed, run.path))
            results.append((key, result(run, published[key])))
            about.append(run.about)
            if LEARNING in run:
                step, value = run.series(LEARNING, made_by="lsnn train")
                curves[key] = (*curves.get(key, ()), Series(step, 100.0 * value))
    refuse_duplicates("timit", names)
    return TimitData(published, grouped(results), curves, "; ".join(about))


def sheet(data: TimitData) -> Sheet:
    """A row for each corpus, errors to the left (A, C), learning to the right (B, D)."""
    return Sheet(tuple(_row_of(data, corpus) for corpus in CORPORA), _caption(data))


def _row_of(data: TimitData, corpus: str) -> PanelRow:
    if _is_missing(data, corpus):
        return missing_row(_missing_words(data, corpus), PAGE_IN, letters=2)
    return PanelRow((
        Panel(partial(_draw_corpus, data=data, corpus=corpus), 3.68, ROW_IN),
        Panel(lambda part: draw_learning(part.subplots(), data, corpus), 3.07, ROW_IN),
    ))  # fmt: skip


def draw_errors(ax: Axes, data: TimitData, corpus: str) -> None:
    """Draw the test errors on one corpus (A, C)."""
    kinds = data.kinds(corpus)
    keys = [f"{corpus}-{kind}" for kind in kinds]
    result_bars(
        ax, [data.rows[k] for k in keys], [data.groups.get(k) for k in keys],
        colours=[MODELS[kind] for kind in kinds],
    )  # fmt: skip
    at = np.arange(len(kinds)) - (0.0 if corpus == TIMIT else WIDTH / 2)
    if len(kinds) <= ABREAST:
        ax.set_xticks(at, [NAMES[kind] for kind in kinds])
    else:
        names = [NAMES[kind].replace("\n", " ") for kind in kinds]
        ax.set_xticks(at, names, rotation=90, fontsize=6)
    if corpus == STAND_IN:
        ax.set_xlim(-0.6 - WIDTH / 2, len(kinds) - 0.4 - WIDTH / 2)
    ax.set_ylim(0, 1.12 * ax.dataLim.ymax)
    ax.set_ylabel("test error (%)" if len(kinds) <= ABREAST else "error (%)")  # less height


def draw_learning(ax: Axes, data: TimitData, corpus: str) -> None:
    """Draw the error on the validation set over iterations, one line a run (B, D)."""
    shown = [kind for kind in data.kinds(corpus) if f"{corpus}-{kind}" in data.curves]
    if not shown:
        ax.set_axis_off()
        note(ax, "validated at no iteration")
        return
    for kind in shown:
        for k, (step, value) in enumerate(data.curves[f"{corpus}-{kind}"]):
            label = NAMES[kind].replace("\n", " ") if k == 0 else "_"
            marker = "o" if step.size == 1 else ""
            ax.plot(step, value, color=MODELS[kind], label=label, marker=marker)
    ax.set_xlim(0, None)
    ax.set_xlabel("iteration")
    ax.set_ylabel("validation error (%)")
    ax.legend(loc="best")


def _draw_corpus(part: SubFigure, data: TimitData, corpus: str) -> None:
    ax = part.subplots()
    draw_errors(ax, data, corpus)
    ax.set_title(CORPORA[corpus], fontsize=7)
    if corpus == TIMIT:
        _name_marks(part)


def _name_marks(part: SubFigure) -> None:
    handles = bar_handles()
    labels = ("ours", "each seed", "published mean", "published")
    for handle, label in zip(handles, labels, strict=True):
        handle.set_label(label)
    put_legend(
        part, handles, loc="outside lower center", fontsize=6.5, handlelength=1.2,
        columnspacing=1.0,
    )  # fmt: skip


def _key(run: Run) -> str:
    """Return corpus and kind of a run; what counts is the corpus it was trained on."""
    task, corpus = run.setting("task", "name"), run.setting("task", "corpus")
    if task != "timit":
        raise BadFileError(
            f"{run.path}: is a run of the task {task!r}; timit shows framewise phones, such as"
            " `lsnn train timit-lsnn` or `lsnn train timit-standin-lsnn` leave"
        )
    if corpus not in CORPORA:
        raise BadFileError(
            f"{run.path}: /config, task.corpus: expected one of {', '.join(CORPORA)},"
            f" found {corpus!r}"
        )
    kind = run.recipe.removeprefix("timit-").removeprefix("standin-")
    if kind not in MODELS or not run.recipe.startswith("timit-"):
        known = ", ".join(f"timit-{kind}" for kind in MODELS)
        raise UsageError(
            f"figure timit: {run.path} is of the recipe {run.recipe!r}, which is none of the"
            f" figure's: {known}, or the same with timit-standin"
        )
    return f"{corpus}-{kind}"


def _row(corpus: str, kind: str) -> Row:
    """Return the published numbers of a kind of model on a corpus, often none."""
    published = row_of(f"{corpus}-{kind}")
    if published is not None:
        return published
    like = row_of(TIMIT + "-lsnn")
    assert like is not None
    return replace(
        like, model=NAMES[kind].replace("\n", " "), recipes=(f"{corpus}-{kind}",), mean=None,
        sd=None, best=None, runs=None, certainty={},
    )  # fmt: skip


def _is_missing(data: TimitData, corpus: str) -> bool:
    return not any(f"{corpus}-{kind}" in data.groups for kind in MODELS)


def _missing_words(data: TimitData, corpus: str) -> str:
    """Say what makes a run of a corpus that has none, and what is published of it."""
    if corpus == STAND_IN:
        return "no run of the stand-in corpus; one is made with: lsnn train timit-standin-lsnn"
    rows = [data.rows[f"{TIMIT}-{kind}"] for kind in MODELS]
    known = ", ".join(f"{row.model} {row.best:g} %" for row in rows if row.best is not None)
    return (
        "no run of TIMIT; with a licensed copy one is made with: lsnn train timit-lsnn"
        f" --set task.path=FOLDER; published errors: {known}"
    )


def _caption(data: TimitData) -> str:
    text = (
        "Error: share of frames named wrongly, of 61 phones. Published error of the LSTM: the mean"
        " of the 20 best of 200 random trials (Greff et al.), whose mean over all trials is 40 %."
        " Bars: mean and standard deviation; dots and lines: seeds."
    )
    lengths = sorted({r.iterations for group in data.groups.values() for r in group.results})
    if lengths:
        text += f" Ours were trained for {_span(lengths)} iterations."
    if not _is_missing(data, STAND_IN):
        text += " The stand-in corpus is spoken by a synthesiser: another task than TIMIT, on which"
        text += " only our models can be compared, with one another."
    return text


def _span(values: Sequence[Any]) -> str:
    return f"{values[0]}" if len(values) == 1 else f"{values[0]} to {values[-1]}"


figure = RunFigure(
    title="Framewise phones",
    load=load,
    sheet=sheet,
)
